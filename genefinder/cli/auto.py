"""What ``--model auto`` does: let every installed model assess a sample, take the best, say why."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from genefinder.errors import ModelError

if TYPE_CHECKING:
    import torch

    from genefinder.io.fasta import Genome
    from genefinder.models.model import Model
    from genefinder.selection import Assessment

AUTO = "auto"


class Selection:
    """The model that suits a genome best, and how the installed models compare.

    Parameters
    ----------
    genome
        It is read once for a sample; one that can be read only once is kept in a temporary file.
    device, threads, batch_size
        What to compute with; they do not change the choice.

    Attributes
    ----------
    model
        The best model.
    assessments
        Of all models, the best first.
    bases
        Known bases of the sample.
    seconds
        Processor time that the choice took.

    Raises
    ------
    GenefinderError
        If no model is installed, or the genome cannot be read.
    """

    def __init__(
        self, genome: "Genome", device: "torch.device", threads: int, batch_size: int
    ) -> None:
        from genefinder.selection import assess, best, sample

        begin = time.process_time()
        genome.spool()
        pieces = sample(genome)
        models = gene_models()
        if not models:
            raise ModelError(
                "no model is installed to choose from; give a model directory with --model"
            )
        assessments = list(assess(pieces, models, device, threads, batch_size))
        first = best(assessments)
        self.assessments: Sequence[Assessment] = sorted(
            assessments,
            key=lambda assessment: (assessment is not first, -assessment.score, assessment.model),
        )
        self.bases = first.profile.bases
        self.model = next(model for model in models if model.name == first.model)
        self.seconds = time.process_time() - begin

    @property
    def mismatch_warnings(self) -> tuple[str, ...]:
        """In what the genome is unlike the best model's species."""
        return self.assessments[0].mismatch_warnings

    def format(self) -> str:
        """Return the reasons of the choice for people, with a warning where nothing fits."""
        first = self.assessments[0]
        more = [one.model for one in self.assessments[1:] if one.score > first.score]
        aside = f" ({' and '.join(more)}: for genomes that no other model fits)" if more else ""
        lines = [
            f"model {first.model}, chosen by --model auto on {self.bases / 1e3:,.0f} kb of the "
            f"genome: its genes save the most bits in describing 1 kb{aside}"
        ]
        width = max(len(one.model) for one in self.assessments)
        for assessment in self.assessments:
            seen = assessment.profile
            lines.append(
                f"  {assessment.model:{width}} {assessment.score:7.2f}   "
                f"{seen.genes_per_mb:.0f} genes per Mb, {100 * seen.coding:.1f} % coding, "
                f"mean posterior {seen.posterior:.2f}"
            )
        if self.mismatch_warnings:
            lines += [
                "WARNING: this genome looks like nothing that the installed models were trained "
                "on; expect poor genes.",
                *(f"  {warning}" for warning in self.mismatch_warnings),
                "  Better: train a model on this species or a relative of it (genefinder train), "
                "or adapt the nearest one to this genome (genefinder predict --adapt).",
            ]
        return "\n".join(lines)

    def comments(self) -> list[tuple[str, str]]:
        """Return what the header of the GFF3 tells about the choice."""
        scores = " ".join(
            f"{assessment.model}={assessment.score:.2f}" for assessment in self.assessments
        )
        warnings = [
            ("warning", f"the genome looks like none of the models: {warning}")
            for warning in self.mismatch_warnings
        ]
        return [("model choice", f"auto, bits saved per kb: {scores}"), *warnings]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "chosen": self.model.name,
            "criterion": "bits saved in describing 1 kb, codons by usage in the nearest species",
            "sample_bases": self.bases,
            "fits": not self.mismatch_warnings,
            "models": [assessment.to_dict() for assessment in self.assessments],
        }


def gene_models() -> "list[Model]":
    """Load the installed models that find genes."""
    from genefinder.models.model import Model, installed_models, load_any

    models = (load_any(folder) for folder in installed_models().values())
    return [model for model in models if isinstance(model, Model)]
