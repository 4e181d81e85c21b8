"""What comes out of a pretraining."""

from dataclasses import dataclass

from genefinder.data.raw_windows import Bits
from genefinder.training.markov_comparison import Comparison
from genefinder.training.pretrain_corpus import RawCorpus


@dataclass(frozen=True, slots=True)
class PretrainingResult:
    """What came out of a run.

    Attributes
    ----------
    comparison
        The saved weights and Markov models on the whole of the validation regions.
    best_step
        Update that the weights are from.
    steps, bases, seconds
        Work done.
    corpus
        The data.
    history
        ``(step, seconds, bits)`` of every validation.
    """

    comparison: Comparison
    best_step: int
    steps: int
    bases: int
    seconds: float
    corpus: RawCorpus
    history: list[tuple[int, float, Bits]]
