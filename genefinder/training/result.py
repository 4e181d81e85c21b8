"""What comes out of a training run."""

from dataclasses import dataclass, field

from genefinder.evaluation import Evaluation
from genefinder.grammar import Grammar
from genefinder.training.corpus import Corpus
from genefinder.training.final_validation import FinalValidation


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came out of a run.

    Attributes
    ----------
    final_validation
        What the saved weights were put through on the whole of the validation regions.
    start_score_bias
        What was added to the scores of start codons at the end.
    best_step
        Update that they are from.
    steps, bases, seconds
        Work done.
    corpus
        The data.
    grammar
        The grammar that the model decodes with.
    history
        ``(step, seconds, evaluation)`` of every validation.
    """

    final_validation: FinalValidation
    start_score_bias: float
    best_step: int
    steps: int
    bases: int
    seconds: float
    corpus: Corpus
    grammar: Grammar
    history: list[tuple[int, float, Evaluation]] = field(default_factory=list)

    @property
    def best(self) -> Evaluation:
        """Evaluation of the saved weights on the whole of the validation regions."""
        return self.final_validation.best

    @property
    def min_posterior(self) -> float:
        """Threshold of predicted genes that validated best."""
        return self.final_validation.min_posterior
