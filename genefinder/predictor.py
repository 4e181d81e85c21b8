"""From a genome to genes: contigs -> windows -> scores -> grammar -> calibrated genes.

The pieces are generators, so memory is bounded by a contig's bases, a few windows and the decoder's
buffer.
"""

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Integral, Real
from typing import Any, Generic, TypeVar

import torch

from genefinder.data.repeats import REPEATED_GENE, Mask, Repeats, penalized, repeated_share
from genefinder.data.transposons import find_block
from genefinder.dna import N
from genefinder.errors import InputError, ModelError
from genefinder.genes import Gene
from genefinder.grammar import Grammar, decode_contig
from genefinder.grammar.circular import tap_turn, unwind, wind
from genefinder.grammar.nested import NESTING
from genefinder.io.contigs import Contig, Letters, contig_of
from genefinder.io.fasta import Genome
from genefinder.io.identifiers import Identifiers
from genefinder.io.sequences import protein
from genefinder.models.calibration import Calibration
from genefinder.models.model import Model
from genefinder.network.device import choose_device
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import Block, WindowScorer
from genefinder.prediction import PredictedContig, Prediction

_BASES_AHEAD = 1_000_000
"""Bases of contigs begun before they are needed, at most."""
_BASES_TOGETHER = 500_000
"""Bases of contigs that are handed to the network together, about: short ones share its calls."""

Item = TypeVar("Item")
Tap = Callable[[Contig, Iterator[Block]], Iterator[Block]]
_Begun = tuple[Contig, str | None, Iterator[Block]]
"""A contig, why it is skipped if it is, and its blocks."""


@dataclass(frozen=True, slots=True)
class FoundGenes:
    """A contig and the genes on it, without ids.

    Attributes
    ----------
    contig
        Its name and bases.
    genes
        By ascending start.
    skipped
        Why the contig was not searched, or ``None``.
    repeated
        Which bases of the contig are repeated, or ``None`` where nobody looked.
    """

    contig: Contig
    genes: tuple[Gene, ...]
    skipped: str | None = None
    repeated: Mask | None = None


class Predictor:
    """Finds genes with one model; what it is told holds for every sequence.

    It changes nothing once it is made, so several threads may use it at once.

    Examples
    --------
    >>> predictor = Predictor(Model.load("plant"))
    >>> contig = predictor.find_genes("ACGT...")
    >>> [gene.protein() for gene in contig.genes]

    Parameters
    ----------
    model
        What finds the genes.
    min_posterior
        Genes below this probability, calibrated, are left out; ``None`` takes the model's default.
    min_contig
        Contigs of fewer bases are skipped.
    threads
        Windows computed at the same time on the CPU; changes no gene.
    batch_size
        Windows in flight for each thread or GPU call; changes no gene.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:N``, or a device of PyTorch.
    id_prefix
        Begins the ID of every gene.
    locus_tag_prefix
        As NCBI or ENA registered it for a project; the genes then have locus tags.
    repeats
        What is repeated in the genome, and what it costs to code there; ``None`` where nothing is
        to be known of it. :func:`genefinder.repeats.learn_repeats` makes it.
    drop_transposons
        Leave out genes that look like transposons.
    circular
        Take every sequence for circular, not only those whose headers say so.

    Raises
    ------
    InputError
        If a number is out of its range, or a prefix holds what it may not.
    ModelError
        If the model reads the statistics of a species, and none were given to it.
    DeviceError
        If the device is unknown or absent.
    """

    def __init__(
        self,
        model: Model,
        *,
        min_posterior: float | None = None,
        min_contig: int = 0,
        threads: int = 1,
        batch_size: int = 8,
        device: str | torch.device = "auto",
        id_prefix: str = "g",
        locus_tag_prefix: str | None = None,
        repeats: Repeats | None = None,
        drop_transposons: bool = False,
        circular: bool = False,
    ) -> None:
        if model.reads is None:
            raise ModelError(
                f"model {model.name} reads the statistics of a species: give it those of one that "
                "it knows, or learnt from the genome, with --species (in Python, "
                f"Model.reading); it knows {', '.join(model.known_species) or 'none'}"
            )
        if min_posterior is None:
            min_posterior = model.min_posterior
        elif not _is_between(min_posterior, Real, 0.0, 1.0):
            raise InputError(f"min_posterior is {min_posterior}; it must be from 0 to 1")
        for name, value, least in (
            ("min_contig", min_contig, 0),
            ("threads", threads, 1),
            ("batch_size", batch_size, 1),
        ):
            if not _is_between(value, Integral, least):
                raise InputError(f"{name} is {value}; it must be a whole number from {least} on")
        self.identifiers = Identifiers(id_prefix, locus_tag_prefix)
        self.model = model
        self.min_posterior = min_posterior
        self.min_contig = min_contig
        self.repeats = repeats
        self.drop_transposons = drop_transposons
        self.circular = circular
        self._threads = threads
        self._batch_size = batch_size
        self._device = choose_device(device)
        network = model.network
        if any(parameter.device != self._device for parameter in network.parameters()):
            network = copy.deepcopy(network).to(self._device)  # others may use it where it is
        self._network = network

    def find_genes(self, sequence: Letters, name: str = "sequence") -> PredictedContig:
        """Find the genes of one sequence.

        Parameters
        ----------
        sequence
            Nucleotides of either case; ambiguities count as N.
        name
            What the genes call their contig.

        Raises
        ------
        InputError
            If a letter is no nucleotide.
        """
        (contig,) = self.predict([contig_of(name, sequence)])
        return contig

    def predict(
        self,
        contigs: Iterable[Contig],
        *,
        remarks: Sequence[tuple[str, str]] = (),
        keep: bool = True,
        tap: Tap | None = None,
    ) -> Prediction:
        """Find the genes of every contig, in the order given, while somebody asks for them.

        Parameters
        ----------
        contigs
            The genome.
        remarks, keep
            See :class:`~genefinder.prediction.Prediction`.
        tap
            See :func:`find_genes`.
        """
        seconds = {"input": 0.0, "network": 0.0, "decoder": 0.0}
        grammar = self.model.grammar
        settings: dict[str, int | float] = {
            "genetic_code": grammar.genetic_code,
            **({"min_intron": grammar.min_intron} if grammar.spliced else {}),
            "min_exon": grammar.min_exon,
            "min_coding": grammar.min_coding,
            "min_posterior": self.min_posterior,
            "min_contig": self.min_contig,
            **({"circular": 1} if self.circular else {}),
        }
        if self.repeats is not None and self.repeats.weight:
            settings["repeat_penalty"] = self.repeats.weight
            remarks = (*remarks, ("repeats", self.repeats.describe()))
        if self.drop_transposons:
            settings["drop_transposons"] = True
        genome = contigs if isinstance(contigs, Genome | Sequence) else None
        stream = self._stream(contigs, seconds, tap)
        return Prediction(
            stream, self.model, settings, genome, self.identifiers, remarks, seconds, keep
        )

    def scorer(self) -> WindowScorer:
        """Return a new scorer of the network, to be closed after use."""
        return self._scorer_of(self._network)

    def _scorer_of(self, network: GeneNetwork) -> WindowScorer:
        """Return a new scorer of a network, to be closed after use."""
        return WindowScorer(network, self._device, self._threads, self._batch_size)

    def _stream(
        self, contigs: Iterable[Contig], seconds: dict[str, float], tap: Tap | None
    ) -> Iterator[PredictedContig]:
        """Yield contigs with named genes; at the end, tell how long it took."""
        count = 0

        def named(pair: tuple[FoundGenes, Model]) -> PredictedContig:
            nonlocal count
            found, model = pair
            genes = [gene for gene in found.genes if (gene.posterior or 0.0) >= self.min_posterior]
            dropped = 0
            if model.grammar.spliced:
                genes = flag_transposons(genes, found, model.grammar.genetic_code)
                if self.drop_transposons:
                    kept = [gene for gene in genes if not gene.transposon_like]
                    genes, dropped = kept, len(genes) - len(kept)
            first, count = count + 1, count + len(genes)
            named_genes = self.identifiers.assign(genes, first=first)
            return PredictedContig.of(
                found.contig,
                named_genes,
                model.grammar.genetic_code,
                found.skipped,
                spliced=model.grammar.spliced,
                motifs=None if model.reads is None else model.reads.tables.motifs,
                dropped=dropped,
            )

        if self.circular:
            contigs = (replace(contig, circular=True) for contig in contigs)
        reading = _Timed(contigs)
        finding = _Timed(self._find(reading, seconds, tap))
        try:
            # Mapped, so that no contig stays in memory while the next is read.
            yield from map(named, finding)
        finally:
            seconds["input"] = reading.seconds
            seconds["decoder"] = finding.seconds - reading.seconds

    def _find(
        self, contigs: Iterable[Contig], seconds: dict[str, float], tap: Tap | None
    ) -> Iterator[tuple[FoundGenes, Model]]:
        """Yield what is found on every contig, and the model that found it."""

        def with_model(found: FoundGenes) -> tuple[FoundGenes, Model]:
            return found, self.model

        with self.scorer() as scorer:
            found = self._find_with(scorer, self.model, contigs, tap)
            try:
                # Mapped, as above.
                yield from map(with_model, found)
            finally:
                seconds["network"] = sum(scorer.seconds)

    def _find_with(
        self, scorer: WindowScorer, model: Model, contigs: Iterable[Contig], tap: Tap | None
    ) -> Iterator[FoundGenes]:
        """Yield what a model finds on every contig; the scorer is that of its network."""
        return find_genes(
            contigs,
            scorer,
            model.grammar,
            model.own_calibration,
            min_contig=self.min_contig,
            repeats=self.repeats,
            tap=tap,
        )


def find_genes(
    contigs: Iterable[Contig],
    scorer: WindowScorer,
    grammar: Grammar,
    calibration: Calibration,
    *,
    min_contig: int = 0,
    nested: bool = True,
    repeats: Repeats | None = None,
    tap: Tap | None = None,
) -> Iterator[FoundGenes]:
    """Find the genes of every contig, in the order given.

    Parameters
    ----------
    contigs
        The genome.
    scorer
        Of the network.
    grammar
        What a gene may look like.
    calibration
        Of the posteriors.
    min_contig
        Contigs shorter than this are skipped.
    nested
        Look for genes inside the introns of others, too.
    repeats
        What is repeated, and what it costs to code there.
    tap
        Passes on the bases and scores of a contig, block by block, and may read them.
    """
    waiting: deque[deque[_Begun]] = deque()
    bases = 0

    def decoded(contig: Contig, skipped: str | None, blocks: Iterator[Block]) -> FoundGenes:
        if skipped is not None:
            return FoundGenes(contig, (), skipped)
        repeated = None if repeats is None else repeats.mask(contig)
        if repeats is not None and repeated is not None and repeats.weight:
            marks = wind(repeated) if contig.circular else repeated
            blocks = penalized(blocks, marks, repeats.weight)
        if tap is not None and contig.circular:
            blocks = tap_turn(blocks, len(contig), partial(tap, contig))
        elif tap is not None:
            blocks = tap(contig, blocks)
        genes = decode_contig(contig.name, blocks, grammar, nested=NESTING if nested else None)
        if contig.circular:
            genes = iter(unwind(genes, len(contig)))
        return FoundGenes(contig, tuple(map(calibration.apply, genes)), repeated=repeated)

    def begun(together: Sequence[Contig]) -> deque[_Begun]:
        reasons = [reason_to_skip(contig, min_contig) for contig in together]
        lines = [
            wind(contig.codes) if contig.circular else contig.codes
            for contig, reason in zip(together, reasons, strict=True)
            if reason is None
        ]
        blocks = iter(scorer.read_all(lines))
        return deque(
            (contig, reason, iter(()) if reason else next(blocks))
            for contig, reason in zip(together, reasons, strict=True)
        )

    for together in _together(contigs):
        bases += sum(map(len, together))
        waiting.append(begun(together))
        together.clear()  # or they would stay in memory beside the next
        while waiting and (len(waiting) > scorer.lookahead or bases > _BASES_AHEAD):
            while waiting[0]:
                bases -= len(waiting[0][0][0])
                yield decoded(*waiting[0].popleft())
            waiting.popleft()
    while waiting:
        while waiting[0]:
            yield decoded(*waiting[0].popleft())
        waiting.popleft()


def _together(contigs: Iterable[Contig]) -> Iterator[list[Contig]]:
    """Yield contigs in lists, none longer than what the network reads well at once.

    Where lists end depends on the genome alone.
    """
    together: list[Contig] = []
    bases = 0
    for contig in contigs:
        together.append(contig)
        bases += len(contig)
        del contig  # or it would stay in memory beside the next
        if bases >= _BASES_TOGETHER:
            yield together
            together, bases = [], 0
    if together:
        yield together


def reason_to_skip(contig: Contig, min_contig: int) -> str | None:
    """Tell why a contig is not searched; ``None`` where it is."""
    if len(contig) == 0:
        return "empty record"
    if len(contig) < min_contig:
        return f"shorter than --min-contig {min_contig}"
    if bool((contig.codes == N).all()):
        return "only N"
    return None


def flag_transposons(genes: Iterable[Gene], found: FoundGenes, genetic_code: int) -> list[Gene]:
    """Tell of genes of a contig whether they look like transposons.

    They do where at least half of their coding bases are repeated, or where their protein has a
    block of a family of transposons.

    Parameters
    ----------
    genes
        Of the contig, one transcript each.
    found
        Has its bases, and tells which are repeated.
    genetic_code
        NCBI translation table.
    """
    flagged = []
    genes = tuple(genes)
    codes = found.contig.codes_to(max((gene.end for gene in genes), default=0))
    for gene in genes:
        transcript = gene.transcripts[0]
        like = (
            found.repeated is not None
            and repeated_share(transcript, found.repeated) >= REPEATED_GENE
        ) or find_block(protein(transcript, codes, genetic_code)) is not None
        flagged.append(replace(gene, transposon_like=True) if like else gene)
    return flagged


class _Timed(Generic[Item]):
    """Passes items on and adds up the processor time that this thread takes to make them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        begin = time.thread_time()
        try:
            return next(self._items)
        finally:
            self.seconds += time.thread_time() - begin


def _is_between(value: Any, kind: Any, least: float, most: float = math.inf) -> bool:
    """Tell whether a value is a number of a kind and within its range."""
    return isinstance(value, kind) and bool(least <= value <= most)
