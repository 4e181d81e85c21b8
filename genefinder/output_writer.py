"""Writes genes, and all that goes beside them, in one pass over a genome."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TextIO

from genefinder import __version__
from genefinder.account import expected, look_first, tell_repeats
from genefinder.io.contigs import Contig
from genefinder.io.destinations import Destinations
from genefinder.io.fasta import Genome
from genefinder.io.index import write_index
from genefinder.io.multiqc import GeneCounts, write_multiqc
from genefinder.io.output import open_output
from genefinder.io.summary import ContigSummary, Summary
from genefinder.io.versions import write_versions
from genefinder.network.scorer import Block
from genefinder.prediction import PredictedContig, Prediction, genome_name
from genefinder.predictor import Predictor
from genefinder.report import GenesSeen, Run, report_page
from genefinder.saved_choice import SavedChoice
from genefinder.tracks import Tracks, open_tracks


@dataclass(frozen=True, slots=True)
class Written:
    """What a run has found and written.

    Attributes
    ----------
    contigs
        What became of each.
    seconds
        Wall-clock time of the whole run.
    look_first
        What deserves the first look.
    """

    contigs: Sequence[ContigSummary]
    seconds: float
    look_first: Sequence[str]

    @property
    def genes(self) -> int:
        """Number of genes."""
        return sum(contig.genes for contig in self.contigs)

    @property
    def bases(self) -> int:
        """Bases of all contigs."""
        return sum(contig.bases for contig in self.contigs)


class OutputWriter:
    """Finds the genes of a genome and writes what is asked for; :func:`open_outputs` makes it.

    Parameters
    ----------
    destinations, genome, choice, predictor, began
        See :func:`open_outputs`.
    streams
        To every file.
    tracks
        To the folder for browsers, if there is one.

    Attributes
    ----------
    longest
        Bases of the longest contig, once all is written.
    """

    def __init__(
        self,
        destinations: Destinations,
        streams: Mapping[str, TextIO],
        tracks: Tracks | None,
        genome: Genome,
        choice: SavedChoice,
        predictor: Predictor,
        began: float,
    ) -> None:
        self._destinations = destinations
        self._streams = streams
        self._tracks = tracks
        self._genome = genome
        self._choice = choice
        self._predictor = predictor
        self._began = began
        self._counts = GeneCounts()
        self._seen = None if destinations.report is None else GenesSeen()
        self.longest = 0

    def write(
        self, advance: Callable[[int], object], report: Callable[[PredictedContig], None]
    ) -> Written:
        """Find the genes and write all that is asked for.

        Parameters
        ----------
        advance
            Takes the number of bases that were read since the last call.
        report
            Takes every contig when its genes are written.
        """
        where, streams = self._destinations, self._streams
        begin = time.thread_time()
        prediction = self._predictor.predict(
            self._genome, remarks=self._choice.remarks, keep=False, tap=self._tap(advance)
        )

        def progress(contig: PredictedContig) -> None:
            if contig.skipped:
                advance(contig.length)
            self._add(contig)
            report(contig)

        prediction.write(
            streams[where.genes],
            format=where.format,
            organism=where.organism,
            id_database=where.id_database,
            proteins=None if where.proteins is None else streams[where.proteins],
            cds=None if where.cds is None else streams[where.cds],
            fasta_headers=where.fasta_headers,
            progress=progress,
        )
        contigs = prediction.contigs
        self.longest = max((contig.bases for contig in contigs), default=0)
        if self._tracks is not None:
            self._tracks.end_genes(prediction.comments())
        written = Written(
            contigs,
            time.perf_counter() - self._began,
            look_first(contigs, self._choice.model.grammar.spliced),
        )
        if where.summary is not None:
            seconds = time.thread_time() - begin
            self._summary(prediction, written, seconds).write(streams[where.summary])
        if where.report is not None and self._seen is not None:
            page = self._page(prediction, written, self._seen)
            streams[where.report].write(page)
        if where.multiqc is not None:
            name, model = genome_name(self._genome), self._choice.model.name
            write_multiqc(streams[where.multiqc], name, self._counts, model)
        if where.versions is not None:
            write_versions(streams[where.versions])
        # A full disk or a closed pipe is met here, while no output has its name yet.
        for stream in streams.values():
            stream.flush()
        return written

    def _tap(
        self, advance: Callable[[int], object]
    ) -> Callable[[Contig, Iterator[Block]], Iterator[Block]]:
        """Return what reads the blocks of a contig on their way, for the tracks and ``advance``."""
        tracks = self._tracks

        def tapped(contig: Contig, blocks: Iterator[Block]) -> Iterator[Block]:
            for codes, scores in blocks if tracks is None else tracks.tapped(contig, blocks):
                advance(len(codes))
                yield codes, scores

        return tapped

    def _add(self, contig: PredictedContig) -> None:
        """Take in the next contig for what is written at the end."""
        self._counts.add(contig.length, (gene.record for gene in contig.genes))
        if self._tracks is not None:
            self._tracks.add(contig)
        if self._seen is not None:
            self._seen.add(contig)

    def _summary(self, prediction: Prediction, written: Written, seconds: float) -> Summary:
        """Return the account of the run, which took so many seconds of this thread."""
        choice, stages = self._choice, prediction.seconds
        return Summary(
            version=__version__,
            genome=genome_name(self._genome),
            genome_sha256=self._genome.sha256,
            model=choice.model.name,
            model_sha256=choice.model.sha256,
            species=choice.species,
            settings=prediction.settings,
            contigs=written.contigs,
            seconds=written.seconds,
            stages={
                "choice": choice.seconds,
                **stages,
                "output": seconds - stages["input"] - stages["decoder"],
            },
            selection=choice.selection,
            look_first=written.look_first,
        )

    def _page(self, prediction: Prediction, written: Written, seen: GenesSeen) -> str:
        """Return the report."""
        told = [remark.strip() for remark in expected(written.contigs).splitlines() if remark]
        run = Run(
            genome=genome_name(self._genome),
            genome_sha256=self._genome.sha256,
            model=self._choice.model,
            reasons=[
                *self._choice.reasons,
                *filter(None, [tell_repeats(self._predictor.repeats)]),
            ],
            remarks=[*told, *written.look_first],
            settings=prediction.settings,
        )
        return report_page(run, seen, self._predictor, self._genome.fetch)


@contextmanager
def open_outputs(
    destinations: Destinations,
    genome: Genome,
    choice: SavedChoice,
    predictor: Predictor,
    *,
    began: float,
) -> Iterator[OutputWriter]:
    """Begin to write all that is asked for.

    Files get their names, and an index is made, when the context ends without an error.

    Parameters
    ----------
    destinations
        What to write, and where.
    genome
        Read once for the genes; again, where what is written needs that.
    choice
        The model, and why it is this one.
    predictor
        Finds the genes with it.
    began
        When the run did, by :func:`time.perf_counter`.
    """
    if destinations.report is not None:
        genome.spool()
    with ExitStack() as stack:
        tracks = None
        if destinations.tracks is not None:
            grammar = choice.model.grammar
            tracks = stack.enter_context(open_tracks(destinations.tracks, genome, grammar))
        streams = {path: stack.enter_context(open_output(path)) for path in destinations.files}
        writer = OutputWriter(destinations, streams, tracks, genome, choice, predictor, began)
        yield writer
    if destinations.index:
        write_index(destinations.genes, writer.longest)
