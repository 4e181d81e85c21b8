from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genefinder.data.windows import TrainingRegion, Window
from genefinder.errors import InputError
from genefinder.grammar import Grammar, segment_posteriors
from genefinder.grammar.labels import N_CHANNELS
from genefinder.training.corpus import load_corpus
from genefinder.training.distillation import Teachers
from genefinder.training.losses import GrammarLoss
from genefinder.training.recipe import Recipe
from genefinder.training.settings import RawGenome, TrainSettings
from genefinder.training.train import train

GRAMMAR = Grammar(min_intron=10)
SPAN = 594


class Voice(torch.nn.Module):
    """A teacher that always says the same."""

    def __init__(self, scores: torch.Tensor) -> None:
        super().__init__()
        self.scores = scores

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return self.scores.expand(len(codes), -1, -1)


def voices(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    return [torch.randn(1, SPAN, N_CHANNELS, generator=generator) for _ in range(count)]


def cut(region: TrainingRegion, start: int) -> Window:
    window = region.cut(start, SPAN)
    assert window is not None
    return window


def test_the_mean_of_the_teachers_labels_what_nobody_labelled(toy) -> None:
    region = load_corpus([toy.labelled], [], []).groups[0][0]
    known = cut(region, 0)
    blank = cut(replace(region, labelled=False), 100)
    messages = voices(2)
    teachers = Teachers([Voice(message) for message in messages], GRAMMAR, torch.device("cpu"))
    first, second = teachers.teach([known, blank])
    assert first is known
    mean = ((messages[0] + messages[1]) / 2)[0].numpy()
    _, expected = segment_posteriors(blank.codes, mean, blank.segments, GRAMMAR)
    np.testing.assert_allclose(second.path, expected)
    assert ((second.path > 0.05) & (second.path < 0.95)).any()


def test_nothing_is_left_to_learn_from_a_teacher_of_the_same_opinion(toy) -> None:
    region = load_corpus([toy.labelled], [], []).groups[0][0]
    blank = cut(replace(region, labelled=False), 100)
    (messages,) = voices(1)
    (taught,) = Teachers([Voice(messages)], GRAMMAR, torch.device("cpu")).teach([blank])
    own, other = messages.clone().requires_grad_(), (messages * 0.5).requires_grad_()
    loss = GrammarLoss(GRAMMAR)
    agreed, disagreed = loss(own, [taught]), loss(other, [taught])
    agreed.backward()
    disagreed.backward()
    assert own.grad is not None
    assert other.grad is not None
    assert float(own.grad.abs().max()) < 1e-3
    assert float(other.grad.abs().max()) > 1e-1
    assert float(agreed.detach()) < float(disagreed.detach())


def test_a_run_learns_from_a_teacher(toy, tiny, tmp_path: Path) -> None:
    settings = TrainSettings(
        genomes=(toy.labelled,),
        output=tmp_path / "teacher",
        network=tiny,
        recipe=Recipe(max_steps=2, window=SPAN, batch=2, validations=1),
        device="cpu",
        next_base=0.0,
    )
    train(settings)
    pupil = replace(
        settings,
        output=tmp_path / "pupil",
        unlabelled=(RawGenome(toy.genome, weight=3.0),),
        teachers=(str(tmp_path / "teacher"),),
    )
    result = train(pupil)
    assert len(result.corpus.groups) == 2
    assert not any(region.labelled for region in result.corpus.groups[1])
    assert len(result.corpus.reports) == 1
    card = (tmp_path / "pupil" / "MODEL_CARD.md").read_text()
    assert "posteriors of teacher" in card


def test_teachers_and_what_they_teach_go_together(toy, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="need `teachers:`"):
        TrainSettings(genomes=(toy.labelled,), output=tmp_path, unlabelled=(RawGenome(toy.genome),))
    with pytest.raises(InputError, match="teachers genomes to label"):
        TrainSettings(genomes=(toy.labelled,), output=tmp_path, teachers=("plant",))
