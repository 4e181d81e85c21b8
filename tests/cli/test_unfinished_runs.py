"""What runs leave in a folder that are ended, have no room, or are beside each other."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FILES = ("genes.gff3", "proteins.fa.gz", "summary.json")
_PATIENCE = 300.0
"""Seconds in which a busy machine starts a command."""


def command(planted, folder: Path) -> list[str]:
    """Find genes in standard input with all kinds of outputs."""
    genes, proteins, summary = (str(folder / name) for name in FILES)
    named = ["--model", str(planted.model), "--repeats", "none", "--device", "cpu", "-q"]
    outputs = ["--output", genes, "--proteins", proteins, "--summary", summary]
    predict = [sys.executable, "-m", "genefinder", "predict", "-"]
    return [*predict, *named, *outputs]


def begin(planted, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a run, and wait until it has begun its outputs and waits for more of the genome."""
    before = len(list(folder.iterdir()))
    process = subprocess.Popen(
        command(planted, folder), stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(planted.genome.read_bytes()[:1000])
    process.stdin.flush()
    end = time.monotonic() + _PATIENCE
    while len(list(folder.iterdir())) < before + len(FILES):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    return process


def go_on(process: "subprocess.Popen[bytes]", planted) -> None:
    """Give a run the rest of the genome, and let it end."""
    process.communicate(planted.genome.read_bytes()[1000:])
    assert process.returncode == 0


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_runs_that_are_ended_leave_nothing(planted, tmp_path, sent, code) -> None:
    with begin(planted, tmp_path) as process:
        assert all(path.name.endswith(".partial") for path in tmp_path.iterdir())
        process.send_signal(sent)
        process.communicate()
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_runs_without_room_leave_nothing(planted, tmp_path) -> None:
    """Files may have a kilobyte, and the genes have more."""
    limited = ["bash", "-c", 'ulimit -f 1; exec "$@"', "bash", *command(planted, tmp_path)]
    with planted.genome.open("rb") as genome:
        result = subprocess.run(limited, stdin=genome, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "File too large" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_runs_beside_each_other(planted, tmp_path) -> None:
    """The last one to end has the names; before, each writes into files of its own."""
    with begin(planted, tmp_path) as first, begin(planted, tmp_path) as second:
        assert len(list(tmp_path.iterdir())) == 2 * len(FILES)
        go_on(first, planted)
        contents = [(tmp_path / name).read_bytes() for name in FILES[:2]]
        assert len(list(tmp_path.iterdir())) == 2 * len(FILES)
        go_on(second, planted)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    assert [(tmp_path / name).read_bytes() for name in FILES[:2]] == contents
    assert b"g000009" in contents[0]
