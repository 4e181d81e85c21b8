import errno

import numba
import pytest
from numba.core.caching import IndexDataCacheFile

from genefinder.grammar.jit import compiled


def test_compiles_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    njit = numba.njit

    def without_folder(cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(**options)

    with monkeypatch.context() as patch:
        patch.setattr(numba, "njit", without_folder)

        @compiled
        def doubled(number: int) -> int:
            return 2 * number

    assert doubled(21) == 42
    assert doubled.signatures  # type: ignore[attr-defined]


def test_compiles_where_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def no_room(*arguments: object) -> None:
        tried.append(arguments)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", no_room)

    @compiled
    def tripled(number: int) -> int:
        return 3 * number

    assert tripled(14) == 42
    assert tried
