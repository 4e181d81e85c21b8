"""Find protein-coding genes in genomes with a neural network and a gene grammar.

Examples
--------
>>> import genefinder
>>> result = genefinder.predict("genome.fa", model="auto")
>>> for contig in result:
...     for gene in contig.genes:
...         print(contig.name, gene.start, gene.end, gene.strand, gene.posterior)
>>> result.write_gff3("genes.gff3")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genefinder import errors

if TYPE_CHECKING:
    from genefinder.api import (
        Model,
        Prediction,
        Predictor,
        PretrainedModel,
        Statistics,
        adapt,
        annotate,
        evaluate,
        installed_models,
        learn,
        load_model,
        predict,
        predict_sequence,
        pretrain,
        train,
    )

__version__ = "0.1.0"
__all__ = [
    "Model",
    "Prediction",
    "Predictor",
    "PretrainedModel",
    "Statistics",
    "__version__",
    "adapt",
    "annotate",
    "errors",
    "evaluate",
    "installed_models",
    "learn",
    "load_model",
    "predict",
    "predict_sequence",
    "pretrain",
    "train",
]


def __getattr__(name: str) -> Any:
    """Import the API when it is first used: PyTorch alone takes seconds."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("genefinder.api"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
