"""What a run leaves in its log, and what it shows of its progress."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.display import Display, bases_bar
from genefinder.cli.main import genefinder


def predict(*arguments: str | Path) -> Result:
    words = ["predict", *map(str, arguments), "--device", "cpu"]
    return CliRunner().invoke(genefinder, words, catch_exceptions=False)


def messages(log: Path) -> list[str]:
    """The lines without their times, which every line has."""
    return [
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (.*)", line)[1]  # type: ignore[index]
        for line in log.read_text().splitlines()
    ]


def test_a_log_holds_what_is_said_and_more(planted, tmp_path):
    log = tmp_path / "run.log"
    result = predict(planted.genome, "-m", planted.model, "--log-file", log)
    assert result.exit_code == 0
    told = messages(log)
    assert told[0].startswith("genefinder ")
    assert told[1:4] == [
        "one: 42,970 bases, 8 genes",
        "two: 3,001 bases, 2 genes",
        "none: 5,000 bases, 0 genes",
    ]
    assert told[4:-1] == result.stderr.splitlines()
    assert told[-1] == "done"
    quiet = predict(planted.genome, "-m", planted.model, "--log-file", log, "-q")
    assert quiet.stderr == ""
    assert len(messages(log)) == len(told)


def test_a_failure_is_in_the_log(planted, tmp_path):
    genome, log = tmp_path / "broken.fa", tmp_path / "run.log"
    genome.write_text(planted.genome.read_text() + ">one\nACGT\n")
    result = predict(genome, "-m", planted.model, "--log-file", log, "--repeats", "none")
    assert result.exit_code == 1
    *_, last = messages(log)
    assert last.startswith("error: ")
    assert last.endswith("contig name 'one' was used before; give every contig its own name")


@pytest.mark.parametrize("place", ["genes.gff3", "genome.fa"])
def test_a_log_has_a_place_of_its_own(planted, tmp_path, place):
    genome = tmp_path / "genome.fa"
    genome.write_bytes(planted.genome.read_bytes())
    result = predict(genome, "-o", tmp_path / "genes.gff3", "--log-file", tmp_path / place)
    assert result.exit_code == 2
    assert genome.read_bytes() == planted.genome.read_bytes()


def test_a_log_in_no_folder(planted, tmp_path):
    result = predict(planted.genome, "--log-file", tmp_path / "none" / "run.log")
    assert result.exit_code == 1
    assert "make the folder first" in result.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Make standard error a terminal.

    Not before the test itself: what captures output sets standard error anew between both.
    """

    def replace_stderr() -> Terminal:
        shown = Terminal()
        monkeypatch.setattr("sys.stderr", shown)
        return shown

    return replace_stderr


def test_a_bar_tells_bases_and_what_is_left(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    with bases_bar("finding genes: ", 4_000_000, quiet=False, patience=0) as bar:
        bar.update(1_000_000)
        bar.refresh()
    assert "finding genes: 1.00M of 4.00M bases,  25 %" in shown.getvalue()


def test_a_bar_of_an_unknown_number_of_bases(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    with bases_bar("finding genes: ", None, quiet=False, patience=0) as bar:
        bar.update(1_000_000)
        bar.refresh()
    assert "finding genes: 1.00M bases" in shown.getvalue()


def test_a_bar_waits_for_five_seconds(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    with bases_bar("finding genes: ", 100, quiet=False) as bar:
        for _ in range(100):
            bar.update(1)
    with Display(False, "learning the genome: ") as display:
        display.show(0.5)
    assert shown.getvalue() == ""


def test_bars_are_for_terminals(
    terminal: Callable[[], Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = terminal()
    with bases_bar("finding genes: ", 100, quiet=True, patience=0) as bar:
        bar.update(50)
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    with bases_bar("finding genes: ", 100, quiet=False, patience=0) as bar:
        bar.update(50)
    assert (shown.getvalue(), file.getvalue()) == ("", "")


def test_a_bar_of_a_share(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    with Display(False, "choosing the model: ", patience=0) as display:
        display.show(0.25)
        display.show(0.5)
    assert "choosing the model:  50 %" in shown.getvalue()
