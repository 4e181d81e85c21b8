"""What comes out of a training run."""

from dataclasses import dataclass, field

from genefinder.decoding import Grammar
from genefinder.evaluate import Evaluation
from genefinder.training.corpus import Corpus


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came out of a run.

    Attributes
    ----------
    best
        Evaluation of the saved weights on the whole of the validation regions.
    best_step
        Update that they are from.
    steps, bases, seconds
        Work done.
    corpus
        The data.
    grammar
        The grammar that the model decodes with.
    min_posterior
        Threshold of predicted genes that validated best.
    history
        ``(step, seconds, evaluation)`` of every validation.
    """

    best: Evaluation
    best_step: int
    steps: int
    bases: int
    seconds: float
    corpus: Corpus
    grammar: Grammar
    min_posterior: float
    history: list[tuple[int, float, Evaluation]] = field(default_factory=list)
