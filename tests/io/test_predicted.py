from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.genes import Gene, PartPosteriors, Transcript
from genefinder.io.gff3 import format_gene, format_header
from genefinder.io.identifiers import Identifiers
from genefinder.io.predicted import PredictedFile
from genefinder.io.qualifiers import Qualifiers

HEADER = [
    ("tool", "genefinder 1"),
    ("genome", f"my genome.fa sha256:{'ab' * 32}"),
    ("settings", "genetic_code=1 min_posterior=0.15 repeat_penalty=1e-05 drop_transposons=True"),
]
SPLICED = Transcript(
    "",
    "chr%1",
    "-",
    ((100, 200), (300, 401)),
    ((100, 200), (300, 401)),
    phase=2,
    partial_high=True,
    posterior=0.9877,
    part_posteriors=PartPosteriors((0.5, 0.25), ((1.0, 0.1), (0.0003, None))),
)
INSIDE = Transcript(
    "",
    "chr%1",
    "+",
    ((210, 240),),
    ((210, 240),),
    posterior=0.2,
    part_posteriors=PartPosteriors((0.3,), ((0.4, 0.5),)),
)
UNSPLICED = Transcript(
    "",
    "chr%1",
    "+",
    ((10, 40),),
    ((10, 40),),
    posterior=0.2,
    part_posteriors=PartPosteriors((0.3,), ((0.4, 0.5),)),
    start_codon="GTG",
    start_motif="AGGAG",
    spacer=7,
)


def written(path: Path, genes: list[Gene], qualifiers: Qualifiers) -> str:
    rows = "".join(format_gene(gene, qualifiers) for gene in Identifiers().assign(genes))
    path.write_text(format_header([("chr%1", 500)], HEADER) + rows)
    return rows


def gene(transcript: Transcript, transposon_like: bool = False) -> Gene:
    return Gene(
        "",
        transcript.contig,
        transcript.strand,
        (transcript,),
        transposon_like=transposon_like,
    )


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    genes = [gene(SPLICED, True), gene(INSIDE)]
    rows = written(tmp_path / "genes.gff3", genes, Qualifiers())
    ((name, found),) = PredictedFile(str(tmp_path / "genes.gff3")).contigs()
    assert (name, found) == ("chr%1", genes)
    assert "".join(map(format_gene, Identifiers().assign(found))) == rows


def test_genes_of_bacteria(tmp_path: Path) -> None:
    qualifiers = Qualifiers(genetic_code=11, spliced=False)
    written(tmp_path / "genes.gff3", [gene(UNSPLICED)], qualifiers)
    ((_, found),) = PredictedFile(str(tmp_path / "genes.gff3")).contigs()
    # The start codon is read from the genome.
    assert found == [gene(replace(UNSPLICED, start_codon=None))]


def test_the_header(tmp_path: Path) -> None:
    written(tmp_path / "genes.gff3", [], Qualifiers())
    file = PredictedFile(str(tmp_path / "genes.gff3"))
    assert file.genome_sha256 == "ab" * 32
    assert list(file.contigs()) == []
    settings = file.settings
    assert " ".join(f"{name}={value}" for name, value in settings.items()) == HEADER[2][1]
    assert settings["drop_transposons"] is True


def test_what_others_wrote(tmp_path: Path) -> None:
    path = tmp_path / "genes.gff3"
    path.write_text("##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=a\n")
    with pytest.raises(InputError, match="no GFF3 of genefinder predict"):
        PredictedFile(str(path))
    path.write_text(format_header([], HEADER) + "chr1\tx\tgene\t1\t9\t.\t+\t.\tID=a\n")
    with pytest.raises(InputError, match="line 5: is no row"):
        list(PredictedFile(str(path)).contigs())
