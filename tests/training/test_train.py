import csv
import json
import os
import signal
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.modules.module import register_module_forward_hook

from genefinder.errors import GenefinderError, InputError
from genefinder.models.model import Model
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.training.beginning import begin
from genefinder.training.distributed import Group
from genefinder.training.final_validation import FinalValidation, validate_finally
from genefinder.training.results import TrainingResult
from genefinder.training.run_files import COLUMNS, load_checkpoint
from genefinder.training.train import KIND, HeldOutGenes, gene_trainer, train
from genefinder.training.validation import predict_held_out

FILES = [
    "MODEL_CARD.md",
    "annotation_report.txt",
    "checkpoint.pt",
    "config.json",
    "log.csv",
    "model.safetensors",
    "species",
    "unused_transcripts.1.tsv",
]


def log_of(folder) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def validated_again(result: TrainingResult, reader: WindowScorer) -> FinalValidation:
    held_out, grammar = result.corpus.held_out, result.grammar
    _, predicted, _ = predict_held_out(held_out, reader, grammar, None)
    return validate_finally(held_out, predicted, reader, grammar)


@pytest.fixture(scope="module")
def finished(toy, tmp_path_factory):
    """A whole run: settings, result, lines and progress it reported."""
    settings = toy.settings(
        tmp_path_factory.mktemp("run") / "model", max_steps=60, rate=5e-3, constant=0.5
    )
    lines: list[str] = []
    shares: list[float] = []
    return settings, train(settings, lines.append, shares.append), lines, shares


def test_writes_everything(finished) -> None:
    settings = finished[0]
    assert sorted(os.listdir(settings.output)) == FILES


def test_the_model_is_the_best_one(finished) -> None:
    settings, result, *_ = finished
    model = Model.load(settings.output)
    assert model.min_posterior == result.min_posterior
    assert model.grammar == result.grammar
    assert model.provenance["step"] == result.best_step
    with WindowScorer(model.network, torch.device("cpu")) as reader:
        again = validated_again(result, reader)
    found = result.final_validation
    # Weights that lie elsewhere in memory may be summed up in another order.
    assert replace(again, reliability={}) == replace(found, reliability={})
    for kind, reliability in again.reliability.items():
        for bin_again, bin_found in zip(
            reliability.bins, found.reliability[kind].bins, strict=True
        ):
            assert replace(bin_again, mean=0.0) == replace(bin_found, mean=0.0)
            assert bin_again.mean == pytest.approx(bin_found.mean, rel=1e-8)
    assert model.calibration == again.calibration
    assert set(model.calibration.curves) >= {"gene", "exon", "start", "stop"}
    assert model.profiles == again.profiles
    assert model.provenance["held_out_f1"] == again.figures()


def test_training_improves_what_was_counted(finished) -> None:
    _, result, *_ = finished
    first, *_, last = (found.exon.f1 for _, _, found in result.history)
    assert last > first + 0.1
    assert result.best.exon.f1 > 0.8
    assert result.steps == 60
    assert result.bases == 60 * 2 * 297


def test_log_has_losses_and_validations(finished) -> None:
    rows = log_of(finished[0].output)
    assert tuple(rows[0]) == (*COLUMNS, *HeldOutGenes.columns)
    validations = [row for row in rows if row["gene_f1"]]
    assert [int(row["step"]) for row in validations] == [0, 30, 60]
    assert all(0 <= float(row[name]) <= 100 for row in validations for name in HeldOutGenes.columns)
    steps = [int(row["step"]) for row in rows if not row["gene_f1"]]
    assert steps == list(range(1, 61))
    rates = {int(row["step"]): float(row["rate"]) for row in rows}
    assert rates[30] == 5e-3
    assert rates[60] == 0
    assert float(rows[-1]["seconds"]) > 0
    assert float(rows[-1]["cpu_seconds"]) > 0
    assert int(rows[-1]["bases"]) == 60 * 2 * 297


def test_progress_and_lines_are_reported(finished) -> None:
    settings, result, lines, shares = finished
    assert len(shares) == 60
    assert shares[-1] == 1.0
    assert all(earlier < later for earlier, later in pairwise(shares))
    assert [line.split()[:2] for line in lines[:3]] == [
        ["step", "0"],
        ["step", "30"],
        ["step", "60"],
    ]
    assert "gene" in lines[0]
    assert "loss" in lines[1]
    assert str(settings.output) in lines[-1]
    assert result.best.format() in lines[-1]


def test_report_of_the_annotation(finished) -> None:
    output = finished[0].output
    text = (output / "annotation_report.txt").read_text()
    assert text.startswith("# toy.gff3 on toy.fa\n")
    assert "used          52" in text
    assert (output / "unused_transcripts.1.tsv").read_text().startswith("contig\t")


def test_card_tells_the_run(finished) -> None:
    settings, result, *_ = finished
    card = (settings.output / "MODEL_CARD.md").read_text()
    assert card.startswith("# model\n")
    for text in (
        "| toy.fa | toy.gff3 | " + result.corpus.hashes[0][:12],
        "60 updates of 2 windows of 297 bases",
        result.best.format(),
        f"introns of at least {result.grammar.min_intron}",
        "long:",
        "Genes inside an intron of a gene on the other strand are found",
    ):
        assert text in card
    assert str(settings.output.parent) not in card
    assert str(settings.output.parent) not in (settings.output / "config.json").read_text()
    assert max(map(len, card.splitlines())) < 120


def test_same_seed_same_model(toy, tmp_path) -> None:
    weights = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(toy.settings(tmp_path / name, max_steps=3, seed=seed))
        weights.append((tmp_path / name / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]


@pytest.fixture
def ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("stop_at", [4, 6])
def test_a_resumed_run_is_the_same_run(toy, tmp_path, ctrl_c, stop_at: int) -> None:
    """Stopped at a validation, or between two; dropout and averaging included."""
    recipe = {"max_steps": 12, "validations": 3, "averaging": 0.8, "rate": 1e-2}
    whole = toy.settings(tmp_path / "whole", **recipe)
    parts = toy.settings(tmp_path / "parts", **recipe)
    expected = train(whole)

    def interrupt(share: float) -> None:
        if round(12 * share) == stop_at:
            ctrl_c()

    lines: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train(parts, lines.append, interrupt)
    assert "--resume" in lines[-1]
    stopped_at = load_checkpoint(parts.output, KIND)["step"]
    assert stopped_at == stop_at + 1
    Model.load(parts.output)
    result = train(replace(parts, resume=True))

    unbroken, resumed = (load_checkpoint(folder.output, KIND) for folder in (whole, parts))
    for name in ("network", "average", "best"):
        for key, value in unbroken[name].items():
            assert torch.equal(value, resumed[name][key]), (name, key)
    for name in ("step", "bases", "validated", "stale", "best_score", "best_step", "sampler"):
        assert unbroken[name] == resumed[name]
    assert torch.equal(unbroken["random"][0][0], resumed["random"][0][0])
    weights = [(folder.output / "model.safetensors").read_bytes() for folder in (whole, parts)]
    assert weights[0] == weights[1]
    assert result.best == expected.best
    assert result.best_step == expected.best_step
    steps = [(step, found.gene) for step, _, found in result.history]
    assert steps == [(step, found.gene) for step, _, found in expected.history]
    rows, others = log_of(whole.output), log_of(parts.output)
    assert [row["step"] for row in rows] == [row["step"] for row in others]
    for row, same in zip(rows, others, strict=True):
        assert row["gene_f1"] == same["gene_f1"]
        assert row["loss"] == same["loss"]


def test_a_new_encoder_predicts_the_next_base_first(toy, tmp_path, ctrl_c) -> None:
    whole = replace(toy.settings(tmp_path / "whole", max_steps=16), next_base=0.5)
    lines: list[str] = []
    shares: list[float] = []
    result = train(whole, lines.append, shares.append)
    assert "next base (50% of the budget)" in lines[0]
    assert shares == [number / 16 for number in range(1, 17)]
    assert result.steps == 8
    assert Model.load(whole.output).provenance["next_base"] == 0.5
    directly = toy.settings(tmp_path / "directly", max_steps=8)
    train(directly)
    encoders = [
        Model.load(settings.output).network.encoder.state_dict()["embedding.weight"]
        for settings in (whole, directly)
    ]
    assert not torch.equal(*encoders)

    # An interrupted run goes on after the bases, which are not learnt again.
    def interrupt(share: float) -> None:
        if share == 12 / 16:
            ctrl_c()

    parts = replace(whole, output=tmp_path / "parts")
    with pytest.raises(KeyboardInterrupt):
        train(parts, progress=interrupt)
    lines.clear()
    train(replace(parts, resume=True), lines.append)
    assert not any("next base" in line for line in lines)
    files = (folder.output / "model.safetensors" for folder in (whole, parts))
    unbroken, resumed = map(load_file, files)
    assert all(torch.equal(values, resumed[name]) for name, values in unbroken.items())


def test_a_finished_run_resumed_ends_at_once(toy, tmp_path) -> None:
    settings = toy.settings(tmp_path / "model", max_steps=2)
    first = train(settings)
    again = train(replace(settings, resume=True))
    assert again.steps == first.steps == 2
    assert again.best == first.best
    assert [step for step, *_ in again.history] == [step for step, *_ in first.history]


def test_a_run_can_be_lengthened(toy, tmp_path) -> None:
    settings = toy.settings(tmp_path / "model", max_steps=2)
    train(settings)
    longer = replace(settings, resume=True, recipe=replace(settings.recipe, max_steps=4))
    assert train(longer).steps == 4


def test_no_steps_leave_the_counted_statistics(toy, tmp_path) -> None:
    result = train(toy.settings(tmp_path / "model", max_steps=0))
    assert (result.steps, result.best_step, len(result.history)) == (0, 0, 1)
    assert result.best.base.f1 > 0.8
    model = Model.load(tmp_path / "model")
    assert model.reads is model.statistics[0]
    assert not model.network.channels.weight.any()


def test_held_out_regions_are_read_once_at_the_end(toy, tmp_path) -> None:
    """And a sample of them for the profile."""
    read: list[int] = []

    def look(module: object, arguments: tuple[torch.Tensor, ...], _: object) -> None:
        if isinstance(module, GeneNetwork):
            read.append(arguments[0].numel())

    def forget_validations(line: str) -> None:
        if line.startswith("step"):
            read.clear()

    settings = toy.settings(tmp_path / "model", max_steps=0)
    hook = register_module_forward_hook(look)
    try:
        result = train(settings, forget_validations)
        at_the_end = sum(read)
        read.clear()
        network = Model.load(settings.output).network
        with WindowScorer(network, torch.device("cpu")) as reader:
            for held in result.corpus.held_out:
                for _ in reader.read(held.codes):
                    pass
        once = sum(read)
    finally:
        hook.remove()
    assert once <= at_the_end <= 2 * once


def test_every_genome_has_a_profile(toy, tmp_path) -> None:
    """The second has the contig that is held out too, but the first is meant."""
    settings = toy.settings(tmp_path / "model", max_steps=0)
    twice = replace(settings, genomes=(toy.labelled, toy.labelled))
    result = train(twice)
    assert {held.genome for held in result.corpus.held_out} == {0}
    (apart,), (_, second) = result.corpus.apart, result.corpus.groups
    assert [(region.start, region.end) for region in apart] == [
        (region.start, region.end) for region in second
    ]
    profiles = Model.load(settings.output).profiles
    assert len(profiles) == 2
    assert profiles[1].bases > profiles[0].bases


def test_a_model_can_be_the_beginning(finished, species, tmp_path) -> None:
    old = finished[0].output
    genome = species(tmp_path / "data", seed=5)
    settings = replace(genome.settings(tmp_path / "model", max_steps=0), init=str(old))
    train(settings)
    before, after = (load_file(folder / "model.safetensors") for folder in (old, settings.output))
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    assert (
        json.loads((settings.output / "config.json").read_text())["provenance"]["init"] == "model"
    )
    assert "started from model" in (settings.output / "MODEL_CARD.md").read_text()


def test_ctrl_c_before_the_second_validation_leaves_a_model(toy, tmp_path, ctrl_c) -> None:
    def once(share: float) -> None:
        if share == 0.01:
            ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        train(toy.settings(tmp_path / "model", max_steps=100, validations=1), progress=once)
    assert Model.load(tmp_path / "model").provenance["step"] == 0
    assert load_checkpoint(tmp_path / "model", KIND)["step"] == 2


def test_ctrl_c_twice_stops_at_once(toy, tmp_path, ctrl_c) -> None:
    def twice(share: float) -> None:
        ctrl_c()
        ctrl_c()

    with pytest.raises(KeyboardInterrupt):
        train(toy.settings(tmp_path / "model", max_steps=100, validations=1), progress=twice)
    assert load_checkpoint(tmp_path / "model", KIND)["step"] == 0


def test_errors_leave_no_model(toy, tmp_path) -> None:
    settings = toy.settings(tmp_path / "model", max_steps=1)
    missing = replace(settings.genomes[0], annotation=tmp_path / "none.gff3")
    for broken in (
        replace(settings, genomes=(missing,)),
        replace(settings, resume=True),
        replace(settings, recipe=replace(settings.recipe, window=298)),
    ):
        with pytest.raises(GenefinderError):
            train(broken)
        assert not settings.output.exists()


def test_resumed_with_another_number_of_processes(toy, tmp_path) -> None:
    settings = toy.settings(tmp_path / "model", max_steps=1)
    train(settings)
    path = settings.output / "checkpoint.pt"
    saved = load_checkpoint(settings.output, KIND)
    torch.save(saved | {"other_samplers": [saved["sampler"]]}, path)
    with pytest.raises(InputError, match="run of 2 processes and cannot go on with 1"):
        train(replace(settings, resume=True))


def test_processes_draw_windows_of_their_own(toy, tmp_path) -> None:
    settings = toy.settings(tmp_path / "model", max_steps=1)
    begun = begin(settings, None, torch.device("cpu"))
    ranks = [
        gene_trainer(
            begun.network,
            begun.corpus,
            settings,
            group=Group(rank, 1),
            statistics=begun.statistics,
        )
        for rank in range(2)
    ]
    first, second = (rank.task.sampler.draw() for rank in ranks)
    assert first.codes.tolist() != second.codes.tolist()


def test_trains_on_every_device(toy, tmp_path, device: str) -> None:
    settings = replace(toy.settings(tmp_path / "model", max_steps=3), device=device)
    result = train(settings)
    assert result.steps == 3
    Model.load(tmp_path / "model")
