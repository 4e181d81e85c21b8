import errno
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


DOUBLED = """
import sys
from genefinder.grammar.jit import compiled

@compiled
def doubled(number):
    return 2 * number

assert doubled(21) == 42
print(sum(doubled.stats.cache_hits.values()))
"""


READ_ONLY = """
import errno, tempfile

def refuse(*arguments, **options):
    raise OSError(errno.EROFS, "Read-only file system")

tempfile.TemporaryFile = refuse
"""


def test_what_was_compiled_is_used_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
    script = tmp_path / "script.py"
    hits = []
    for first in ("", READ_ONLY):
        script.write_text(DOUBLED)
        words = [sys.executable, "-c", f"{first}\nimport runpy\nrunpy.run_path({str(script)!r})"]
        hits.append(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    assert hits == ["0\n", "1\n"]


def damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    if kind == "zeros":  # as a crash leaves what was not on the disk yet
        content = content[: len(content) // 2] + bytes(len(content) - len(content) // 2)
    path.write_bytes(content[: int(kind)] if kind.isdecimal() else content)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own for what is compiled."""
    with monkeypatch.context() as patch:
        patch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
        numba.config.reload_config()
        yield tmp_path / "cache"
    numba.config.reload_config()


@pytest.mark.parametrize("kind", ["0", "50", "zeros"])
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_damaged_files_are_made_anew(
    cache: Path, tmp_path: Path, kind: str, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.py"
    script.write_text(DOUBLED)

    def hits() -> str:
        """Compile it as another process does: a new function knows nothing of the one before."""
        runpy.run_path(str(script))
        return capsys.readouterr().out

    assert [hits(), hits()] == ["0\n", "1\n"]
    (path,) = cache.rglob(f"*.{suffix}")
    damage(path, kind)
    assert [hits(), hits()] == ["0\n", "1\n"]


def test_files_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(IndexDataCacheFile, "load", denied)

    @compiled
    def quadrupled(number: int) -> int:
        return 4 * number

    assert quadrupled(4) == 16
