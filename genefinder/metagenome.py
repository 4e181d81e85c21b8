"""Genes of contigs each of which may be of another bacterium, archaeon or phage.

What a contig is of, it tells alone: long ones teach their own statistics, and shorter ones read
those of the known species that explains them best.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from genefinder.data.genome_sample import GenomeSample
from genefinder.dna import N
from genefinder.errors import InputError, ModelError
from genefinder.grammar.grammar import stop_codons
from genefinder.io.contigs import Contig
from genefinder.models.model import Model
from genefinder.prediction import Prediction
from genefinder.predictor import FoundGenes, Predictor, Tap, reason_to_skip
from genefinder.prokaryotes import LEAST_BASES, SAMPLE_BASES, compare_known, learn_prokaryote
from genefinder.species.statistics import Statistics


class MetagenomePredictor(Predictor):
    """Finds the genes of contigs that may be of different species, of one genetic code.

    Parameters
    ----------
    model
        Of bacteria and archaea. It knows some species; what it reads itself has the genetic code of
        all contigs, and is read where it knows none of that code.
    settings
        See :class:`~genefinder.predictor.Predictor`.

    Raises
    ------
    ModelError
        If genes of the model have introns.
    """

    def __init__(self, model: Model, **settings: Any) -> None:
        super().__init__(model, **settings)
        if model.grammar.spliced:
            raise ModelError(
                f"model {model.name} is of genes with introns; contigs of a metagenome take one of "
                "bacteria and archaea, prokaryote"
            )
        stops = model.grammar.stops
        fitting = [own for own in model.statistics if stop_codons()[own.genetic_code] == stops]
        code = model.grammar.genetic_code
        self._known = [replace(own, genetic_code=code) for own in fitting]
        self._readers: dict[str, Model] = {}

    def predict(
        self,
        contigs: Iterable[Contig],
        *,
        remarks: Sequence[tuple[str, str]] = (),
        keep: bool = True,
        tap: Tap | None = None,
    ) -> Prediction:
        """Find the genes of every contig; see :meth:`genefinder.predictor.Predictor.predict`."""
        told = (
            f"each contig by the known species nearest to it, from {LEAST_BASES:,} bases by itself"
        )
        remarks = (*remarks, ("metagenome", told))
        return super().predict(contigs, remarks=remarks, keep=keep, tap=tap)

    def _find(
        self, contigs: Iterable[Contig], seconds: dict[str, float], tap: Tap | None
    ) -> Iterator[tuple[FoundGenes, Model]]:
        """Yield what is found on every contig, and the model that found it."""
        for contig in contigs:
            model = self._model_of(contig)
            with self._scorer_of(model.network) as scorer:
                for found in self._find_with(scorer, model, [contig], tap):
                    yield found, model
                seconds["network"] += sum(scorer.seconds)

    def _model_of(self, contig: Contig) -> Model:
        """Return the model as it reads a contig."""
        if reason_to_skip(contig, self.min_contig) is not None:
            return self.model
        if int((contig.codes != N).sum()) >= LEAST_BASES:
            try:
                return self.model.reading(self._learnt(contig))
            except InputError:
                pass  # without long open frames: read what explains it best
        if not self._known:
            return self.model
        nearest = compare_known([contig.codes], self._known, self.model.grammar)[0][0]
        if nearest.name not in self._readers:
            self._readers[nearest.name] = self.model.reading(nearest)
        return self._readers[nearest.name]

    def _learnt(self, contig: Contig) -> Statistics:
        """Return the statistics of a long contig."""
        sample = [chunk.codes for chunk in GenomeSample([contig]).long(SAMPLE_BASES)]
        model, code = self.model, self.model.grammar.genetic_code
        return learn_prokaryote(
            sample, model.network, model.usual_grammar, contig.name, code, self._known
        ).statistics
