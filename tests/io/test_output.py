import errno
import gzip
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from genefinder.errors import InputError
from genefinder.io.output import check_output, open_output, output_place


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def run(code: str, redirect: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$0" -c "$1" {redirect}', sys.executable, code],
        capture_output=True,
        text=True,
        check=False,
    )


def test_file_appears_when_complete(tmp_path):
    path = tmp_path / "genes.gff"
    with open_output(path) as stream:
        stream.write("first\n")
        stream.flush()
        assert not path.exists()
        stream.write("Guigó\n")
    assert path.read_bytes() == "first\nGuigó\n".encode()
    assert names(tmp_path) == ["genes.gff"]


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with open_output(tmp_path / "genes.gff") as stream:
            stream.write("x")
    finally:
        os.umask(before)
    assert (tmp_path / "genes.gff").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("name", ["genes.gff", "genes.gff.gz"])
def test_error_leaves_what_stood_there(tmp_path, error, name):
    path = tmp_path / name
    path.write_text("old")

    def interrupted() -> None:
        with open_output(path) as stream:
            stream.write("new" * 100_000)
            raise error

    with pytest.raises(error):
        interrupted()
    assert path.read_text() == "old"
    assert names(tmp_path) == [name]


def test_symbolic_link_stays(tmp_path):
    (tmp_path / "real.gff").write_text("old")
    (tmp_path / "link.gff").symlink_to("real.gff")
    with open_output(tmp_path / "link.gff") as stream:
        stream.write("new")
    assert (tmp_path / "link.gff").is_symlink()
    assert (tmp_path / "real.gff").read_text() == "new"


@pytest.mark.parametrize("size", [0, 1, 65_280, 65_281, 300_000])
def test_gz_is_bgzip(tmp_path, size):
    from Bio import bgzf

    text = "".join(chr(33 + number * number % 90) for number in range(size))
    path = tmp_path / "genes.gff.gz"
    with open_output(path) as stream:
        for start in range(0, size, 1000):
            stream.write(text[start : start + 1000])
    assert gzip.decompress(path.read_bytes()).decode() == text
    with path.open("rb") as file:
        lengths = [length for _, _, _, length in bgzf.BgzfBlocks(file)]
    assert sum(lengths) == size
    assert lengths[-1] == 0
    assert max(lengths) <= 65_280


def test_incompressible_text_fits_its_blocks(tmp_path):
    import random

    text = "".join(random.Random(1).choices([chr(code) for code in range(1, 1100)], k=200_000))
    path = tmp_path / "x.gz"
    with open_output(path) as stream:
        stream.write(text)
    assert gzip.decompress(path.read_bytes()).decode() == text


def test_same_bytes_again(tmp_path):
    for name in ("a.gz", "b.gz"):
        with open_output(tmp_path / name) as stream:
            stream.write("x" * 1000)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_standard_output(capsys):
    print("before")
    with open_output("-") as stream:
        stream.write("genes\n")
    print("after")
    assert capsys.readouterr().out == "before\ngenes\nafter\n"


def test_standard_output_of_a_process():
    code = (
        "from genefinder.io.output import check_output, open_output\n"
        "print('before')\n"
        "with open_output('-') as stream: stream.write('Guigó\\n' * 20000)\n"
        "print('after')"
    )
    done = run(code, "| cat")
    assert done.stdout == "before\n" + "Guigó\n" * 20_000 + "after\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_named_pipe_is_written_directly(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR)
    with open_output(path) as stream:
        stream.write("genes\n")
    assert os.read(descriptor, 100) == b"genes\n"
    os.close(descriptor)
    assert path.is_fifo()


def test_error_stops_standard_output(capsys):
    def interrupted() -> None:
        with open_output("-") as stream:
            stream.write("genes\n")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        interrupted()
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_full_disk_on_standard_output(size):
    code = (
        "from genefinder.errors import InputError\n"
        "from genefinder.io.output import check_output, open_output\n"
        "import sys\n"
        "try:\n"
        f"    with open_output('-') as stream: stream.write('x' * {size})\n"
        "except InputError as error: sys.exit(str(error))"
    )
    done = run(code, "> /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("standard output: cannot be written: No space left on device")
    assert "make room on the disk" in done.stderr
    assert done.stderr.count("\n") == 1


def test_disk_that_fills_up_leaves_nothing(tmp_path):
    code = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))\n"
        "from genefinder.errors import InputError\n"
        "from genefinder.io.output import check_output, open_output\n"
        "try:\n"
        f"    with open_output({str(tmp_path / 'x.gff')!r}) as s: s.write('x' * 150000)\n"
        "except InputError as error: sys.exit(str(error))"
    )
    done = run(code, "")
    assert done.returncode == 1
    assert "x.gff: cannot be written: File too large" in done.stderr
    assert names(tmp_path) == []


def test_closed_pipe_is_quiet_under_click():
    code = (
        "import click\n"
        "from genefinder.io.output import check_output, open_output\n"
        "@click.command()\n"
        "def main():\n"
        "    with open_output('-') as stream: stream.write('genes\\n' * 1000000)\n"
        "main()"
    )
    done = run(code, "| head -n 1")
    assert (done.returncode, done.stdout, done.stderr) == (1, "genes\n", "")


def test_places_that_cannot_be_written(tmp_path):
    with (
        pytest.raises(InputError, match=r"absent/x\.gff: cannot be written: .*make the folder"),
        open_output(tmp_path / "absent" / "x.gff"),
    ):
        pass
    with pytest.raises(InputError, match="is a folder"), open_output(tmp_path):
        pass


def test_read_only_folder(tmp_path):
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("this user may write everywhere")
    with (
        pytest.raises(InputError, match=r"x\.gff: cannot be written: Permission denied"),
        open_output(tmp_path / "x.gff"),
    ):
        pass


def test_places_are_checked_before_anything_is_written(tmp_path: Path) -> None:
    check_output("-")
    check_output("/dev/null")
    check_output(tmp_path / "new.gff3")
    for path, reason in (
        (tmp_path / "none" / "x.gff3", r"x\.gff3: cannot be written: there is no folder"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(InputError, match=reason):
            check_output(path)
    assert list(tmp_path.iterdir()) == []


def write_to(path: str) -> str:
    return (
        "from genefinder.io.output import check_output, open_output\n"
        f"check_output({path!r})\n"
        f"with open_output({path!r}) as stream: stream.write('genes\\n')\n"
    )


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link", "-"])
@pytest.mark.parametrize("sign", [">", ">>"])
def test_what_stands_in_a_redirected_file_stays(tmp_path: Path, path: str, sign: str) -> None:
    log = tmp_path / "log"
    log.write_text("there\n")
    if path == "link":
        path = str(tmp_path / "link")
        os.symlink("/dev/stdout", path)
    done = run(
        f"print('before', flush=True)\n{write_to(path)}print('after')",
        f"{sign} {log}",
    )
    assert (done.returncode, done.stderr) == (0, "")
    there = "there\n" if sign == ">>" else ""
    assert log.read_text() == f"{there}before\ngenes\nafter\n"


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/3", "-"])
def test_pipes_of_the_process(path: str) -> None:
    done = run(write_to(path), "3>&1 | cat")
    assert (done.returncode, done.stdout, done.stderr) == (0, "genes\n", "")


@pytest.mark.parametrize("path", ["/dev/stdout", "-", "/dev/fd/7", "/dev/fd/0"])
def test_closed_descriptors_are_named_before_any_work(path: str) -> None:
    done = run(
        "from genefinder.errors import InputError\n"
        "from genefinder.io.output import check_output\n"
        "import sys\n"
        f"try: check_output({path!r})\n"
        "except InputError as error: sys.exit(str(error))",
        ">&- < /dev/null",
    )
    assert done.returncode == 1
    name = "standard output" if path == "-" else path
    assert done.stderr.startswith(f"{name}: is closed for writing; give the name of a file")
    assert done.stderr.count("\n") == 1


def test_a_socket_is_written_directly(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        code = write_to("/dev/stdout")
        subprocess.run([sys.executable, "-c", code], stdout=theirs.fileno(), check=True)
        assert ours.recv(100) == b"genes\n"


def test_names_of_any_bytes_and_of_any_length(tmp_path: Path) -> None:
    for name in (b"g\xff\n\xc3.gff3", b"x" * 255):
        path = os.path.join(os.fsencode(tmp_path), name)
        with open_output(os.fsdecode(path)) as stream:
            stream.write(f"# genome: {os.fsdecode(name)}\n")
        with open(path, "rb") as file:
            text = file.read().decode("utf-8")
        assert text.startswith("# genome: g\\udcff" if name[0] == ord("g") else "# genome: x")
        os.unlink(path)
    assert names(tmp_path) == []


def test_permissions_of_the_file_before_stay(tmp_path: Path) -> None:
    path = tmp_path / "genes.gff"
    path.write_text("old")
    path.chmod(0o600)
    with open_output(path) as stream:
        stream.write("new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("refused", ["open", "replace"])
def test_a_file_that_cannot_be_replaced_is_written_over(
    tmp_path: Path, refused: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a folder of others, or mounted alone into a container."""
    path = tmp_path / "genes.gff.gz"
    path.write_text("old and long " * 100)
    inode = path.stat().st_ino

    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    opened = open

    def open_but_here(name: object, mode: str = "r", **options: Any) -> Any:
        if "x" in mode:
            fail()
        return opened(name, mode, **options)  # type: ignore[call-overload]

    if refused == "replace":
        monkeypatch.setattr(os, "replace", fail)
    else:
        monkeypatch.setattr("builtins.open", open_but_here)
    with open_output(path) as stream:
        stream.write("new")
    assert gzip.decompress(path.read_bytes()) == b"new"
    assert path.stat().st_ino == inode
    assert names(tmp_path) == ["genes.gff.gz"]
    with (
        pytest.raises(InputError, match="absent: cannot be written: Device or resource busy"),
        open_output(tmp_path / "absent") as stream,
    ):
        stream.write("new")
    assert names(tmp_path) == ["genes.gff.gz"]


def test_places_that_are_one() -> None:
    assert output_place("-") == output_place("/dev/stdout") == output_place("/dev/fd/1")
    assert output_place("/dev/fd/1") != output_place("/dev/fd/2")
    assert output_place("/dev/null") is None
    assert output_place("a/../b") == output_place("b")
