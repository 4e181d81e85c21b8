import numba
import pytest

from genefinder.decoding.kernel import compiled


def test_compiles_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def without_folder(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    monkeypatch.setattr(numba, "njit", without_folder)

    @compiled
    def doubled(number: int) -> int:
        return 2 * number

    assert doubled(21) == 42
    assert doubled.signatures  # type: ignore[attr-defined]
