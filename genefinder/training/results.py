"""What comes out of a run."""

from dataclasses import dataclass, field

from genefinder.data.markov import Bits
from genefinder.evaluation import Evaluation
from genefinder.grammar import Grammar
from genefinder.training.corpus import Corpus
from genefinder.training.final_validation import FinalValidation
from genefinder.training.markov_comparison import Comparison
from genefinder.training.raw_corpus import RawCorpus


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came out of the training of a gene model.

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


@dataclass(frozen=True, slots=True)
class PretrainingResult:
    """What came out of a pretraining.

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
