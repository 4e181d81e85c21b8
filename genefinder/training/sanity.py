"""The sanity report of the annotations of a run, as files."""

from collections.abc import Sequence
from pathlib import Path

from genefinder.data.report import AnnotationReport
from genefinder.training.sources import LabelledGenome

REPORT = "annotation_report.txt"


def write_reports(
    folder: Path, genomes: Sequence[LabelledGenome], reports: Sequence[AnnotationReport]
) -> None:
    """Write what training uses of each annotation, and every transcript that it does not use.

    Parameters
    ----------
    folder
        Receives ``annotation_report.txt``, and ``unused_transcripts.N.tsv`` for the N-th genome,
        from 1.
    genomes, reports
        What was read, and the report of each.
    """
    texts = []
    for number, (one, report) in enumerate(zip(genomes, reports, strict=True), start=1):
        texts.append(f"# {one.annotation.name} on {one.genome.name}\n{report.to_text()}")
        report.write_tsv(folder / f"unused_transcripts.{number}.tsv")
    (folder / REPORT).write_text("\n".join(texts), encoding="utf-8")
