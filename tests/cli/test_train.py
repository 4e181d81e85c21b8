import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from safetensors.torch import load_file

from genefinder.cli.main import INTERRUPTED, genefinder
from genefinder.models.model import Model
from genefinder.training.run_files import load_checkpoint
from genefinder.training.train import KIND

CONTIG = "NC_003070.9_26003001-26303000"


@pytest.fixture
def pair(example: Path) -> list[str]:
    return [str(example / "genome.fa.gz"), str(example / "genes.gff3.gz")]


@pytest.fixture
def config(tiny: Callable[..., list[str]]) -> list[str]:
    return [*tiny(validations=2, validation_bases=30000), "--next-base", "0"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(genefinder, ["train", *arguments])


def test_trains_on_a_pair(pair: list[str], config: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    region = f"{CONTIG}:1-40,000"
    result = invoke(
        *pair,
        *config,
        *("-o", str(folder), "--max-steps", "2", "--seed", "3"),
        *("--validation", region, "--exclude", f"{CONTIG}:250001-"),
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"{folder}: weights of step" in result.stderr
    about = Model.load(folder).provenance
    assert about["validation"] == [f"{CONTIG}:1-40000"]
    assert about["exclude"] == [f"{CONTIG}:250001-"]
    assert (about["recipe"]["seed"], about["recipe"]["max_steps"]) == (3, 2)
    assert "max_minutes" in about["recipe"]
    card = (folder / "MODEL_CARD.md").read_text()
    assert f"- {CONTIG}:1-40000:" in card


def test_quiet_says_nothing(pair: list[str], config: list[str], tmp_path: Path) -> None:
    result = invoke(*pair, *config, "-o", str(tmp_path / "model"), "--max-steps", "0", "-q")
    assert (result.exit_code, result.output) == (0, "")


def test_minutes_win_over_those_of_the_file(
    pair: list[str], tiny: Callable[..., list[str]], tmp_path: Path
) -> None:
    config = tiny(validations=2, validation_bases=30000, max_cpu_minutes=500)
    result = invoke(*pair, *config, "-o", str(tmp_path / "model"), "--max-minutes", "0.001")
    assert result.exit_code == 0, result.output
    recipe = Model.load(tmp_path / "model").provenance["recipe"]
    assert (recipe["max_minutes"], recipe["max_cpu_minutes"]) == (0.001, None)


def test_mask_is_read(pair: list[str], config: list[str], tmp_path: Path) -> None:
    bed = tmp_path / "mask.bed"
    bed.write_text(f"{CONTIG}\t0\t150000\n")
    arguments = [*pair, *config, "-o", str(tmp_path / "model"), "--max-steps", "0"]
    assert invoke(*arguments, "--mask", str(bed)).exit_code == 0
    report = (tmp_path / "model" / "annotation_report.txt").read_text()
    masked = next(line for line in report.splitlines() if "masked" in line)
    assert int(masked.split()[1].replace(",", "")) >= 150_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{fasta}", "-o", "{out}"], "come in pairs; one is missing"),
        (["{fasta}", "{gff}", "{fasta}", "-o", "{out}"], "come in pairs; one is missing"),
        (["-o", "{out}"], "give GENOME GFF pairs or --config"),
        (["{fasta}", "{gff}"], "give the model directory to write with -o"),
        (
            ["{fasta}", "{gff}", "-o", "{out}", "--mask", "a", "--mask", "b"],
            "2 --mask for 1 genomes",
        ),
        (["{fasta}", "{gff}", "-o", "{out}", "--max-minutes", "0"], "--max-minutes"),
        (["{fasta}", "{gff}", "-o", "{out}", "--next-base", "1"], "--next-base"),
        (
            ["{fasta}", "{gff}", "-o", "{out}", "--next-base", "0.5", "--init", "plant"],
            "--next-base is for new networks",
        ),
        (["{fasta}", "{gff}", "-o", "{out}", "--threads", "0"], "--threads"),
    ],
)
def test_wrong_usage(pair: list[str], tmp_path: Path, arguments: list[str], message: str) -> None:
    names = {"fasta": pair[0], "gff": pair[1], "out": str(tmp_path / "model")}
    result = invoke(*(argument.format(**names) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["{fasta}", "none.gff3"], ["none.gff3"]),
        (["none.fa", "{gff}"], ["none.fa"]),
        (["{gff}", "{fasta}"], ["genes.gff3.gz"]),
        (["{fasta}", "{gff}", "--validation", "chr9"], ["region chr9", "no genome given has"]),
        (["{fasta}", "{gff}", "--exclude", "chr9:1-5"], ["region chr9:1-5", "no genome given has"]),
        (["{fasta}", "{gff}", "--validation", "chr9:5-1"], ["END 1 lies before START 5"]),
        (
            ["{fasta}", "{gff}", "--validation", CONTIG + ":1-50"],
            ["no gene lies wholly inside", CONTIG + ":1-50", "--validation"],
        ),
        (["{fasta}", "{gff}", "--mask", "none.bed"], ["none.bed"]),
        (["{fasta}", "{gff}", "--resume"], ["no checkpoint to resume from"]),
        (["{fasta}", "{gff}", "--init", "nowhere"], ["no model nowhere", "installed models"]),
        (["{fasta}", "{gff}", "--device", "abacus"], ["unknown device 'abacus'"]),
        (["{fasta}", "{gff}", "--config", "none.yaml"], ["none.yaml: cannot read it"]),
    ],
)
def test_unusable_data(
    pair: list[str], tmp_path: Path, arguments: list[str], messages: list[str]
) -> None:
    names = {"fasta": pair[0], "gff": pair[1]}
    filled = [argument.format(**names) for argument in arguments]
    result = invoke(*filled, "-o", str(tmp_path / "model"), "--max-steps", "0")
    assert result.exit_code == 1
    assert result.stderr.startswith("genefinder: error: ")
    for message in messages:
        assert message in result.stderr
    assert not (tmp_path / "model").exists()


def test_unwritable_output(pair: list[str], config: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = invoke(*pair, *config, "-o", str(tmp_path / "file" / "model"), "--max-steps", "0")
    assert result.exit_code == 1
    assert "file" in result.stderr


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "genefinder", "train", *arguments]


def test_ctrl_c_leaves_a_usable_model(pair: list[str], config: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "model"
    arguments = [*pair, *config, "-o", str(folder), "--max-minutes", "10"]
    with subprocess.Popen(command(*arguments), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first.startswith("step      0"), first
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert "stopped and saved; go on with --resume" in rest
    assert rest.endswith("genefinder: interrupted\n")
    Model.load(folder)
    assert not [name for name in os.listdir(folder) if "partial" in name]
    result = invoke(*pair, *config, "-o", str(folder), "--max-steps", "3", "--resume")
    assert result.exit_code == 0, result.output


def test_bar_is_for_terminals(pair: list[str], config: list[str], tmp_path: Path) -> None:
    reading, writing = pty.openpty()
    termios.tcsetwinsize(writing, (24, 100))
    # What takes less than five seconds has no bar.
    arguments = [*pair, *config, "-o", str(tmp_path / "model"), "--max-minutes", "0.12"]
    process = subprocess.Popen(command(*arguments), stderr=writing)
    os.close(writing)
    shown = b""
    try:
        while piece := os.read(reading, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    assert process.wait(60) == 0
    os.close(reading)
    text = shown.decode()
    assert "budget used: " in text
    assert "100 % |" in text
    assert "held-out F1" in text


def test_no_bar_in_files(pair: list[str], config: list[str], tmp_path: Path) -> None:
    result = invoke(*pair, *config, "-o", str(tmp_path / "model"), "--max-steps", "3")
    assert result.exit_code == 0
    assert "budget" not in result.stderr


def test_two_processes_train_one_model(pair: list[str], config: list[str], tmp_path: Path) -> None:
    folder, alone = tmp_path / "two", tmp_path / "one"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun += ["--nproc-per-node", "2", "-m", "genefinder", "train"]
    arguments = [*pair, *config, "--max-steps", "2"]
    result = subprocess.run(
        [*torchrun, *arguments, "-o", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert result.stderr.count("weights of step") == 1  # one process speaks for both
    assert len(load_checkpoint(folder, KIND)["other_samplers"]) == 1
    assert invoke(*arguments, "-o", str(alone)).exit_code == 0
    two, one = (load_file(path / "model.safetensors") for path in (folder, alone))
    assert {name: value.shape for name, value in two.items()} == {
        name: value.shape for name, value in one.items()
    }
    about = [json.loads((path / "config.json").read_text()) for path in (folder, alone)]
    assert about[0]["network"] == about[1]["network"]
    assert about[0]["grammar"] == about[1]["grammar"]
    logs = [(path / "log.csv").read_text().splitlines() for path in (folder, alone)]
    assert len(logs[0]) == len(logs[1])
    bases = [[int(line.split(",")[3]) for line in log[1:]] for log in logs]
    assert bases[0] == [2 * count for count in bases[1]]
    assert sorted(os.listdir(folder)) == sorted(os.listdir(alone))
