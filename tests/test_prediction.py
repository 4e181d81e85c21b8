import gzip
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pysam
import pytest
from Bio import SeqIO

from genefinder.errors import InputError
from genefinder.io.contigs import contig_of
from genefinder.io.fasta import Contig, open_genome
from genefinder.models.model import Model
from genefinder.prediction import Prediction
from genefinder.predictor import Predictor

GOLDEN = Path(__file__).parent / "golden" / "predict"


@pytest.fixture(scope="module")
def predictor(planted) -> Predictor:
    return Predictor(Model.load(planted.model), device="cpu")


def predicted(predictor: Predictor, planted, **settings) -> Prediction:
    return predictor.predict(open_genome(planted.genome), **settings)


def without_hashes(text: str) -> str:
    text = re.sub(r"(# tool: genefinder) \S+", r"\1 VERSION", text)
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:HASH", text)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("method", "name"),
    [("write_gff3", "genes.gff3"), ("write_proteins", "proteins.fa"), ("write_cds", "cds.fa")],
)
def test_golden_files(predictor, planted, tmp_path, method, name, keep):
    getattr(predicted(predictor, planted, keep=keep), method)(tmp_path / name)
    assert without_hashes((tmp_path / name).read_text()) == (GOLDEN / name).read_text()


def test_streams_stay_open(predictor, planted):
    prediction = predicted(predictor, planted)
    stream = io.StringIO()
    prediction.write_cds(stream)
    prediction.write_proteins(stream)
    assert stream.getvalue() == "".join(
        (GOLDEN / name).read_text() for name in ("cds.fa", "proteins.fa")
    )


def test_all_files_in_one_pass(predictor, planted, tmp_path):
    names = {"genes": "genes.gff3", "proteins": "proteins.fa", "cds": "cds.fa"}
    prediction = predicted(predictor, planted, keep=False)
    seen: list[str] = []
    prediction.write(
        **{kind: tmp_path / name for kind, name in names.items()},
        progress=lambda contig: seen.append(contig.name),
    )
    for name in names.values():
        assert without_hashes((tmp_path / name).read_text()) == (GOLDEN / name).read_text()
    assert seen == ["one", "two", "none"]
    assert [contig.genes for contig in prediction.contigs] == [8, 2, 0]


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("name", ["genes.gtf", "genome.gbk.gz", "genome.embl", "genome.tbl"])
def test_every_format_by_its_suffix(planted, tmp_path, name, keep):
    predictor = Predictor(Model.load(planted.model), device="cpu", locus_tag_prefix="ABC")
    predicted(predictor, planted, keep=keep).write(tmp_path / name)
    data = (tmp_path / name).read_bytes()
    text = gzip.decompress(data).decode() if name.endswith(".gz") else data.decode()
    assert text.startswith(
        ("#gtf-version", "LOCUS       one ", "ID   XXX; XXX; linear", ">Feature one")
    )
    assert [text.count(f"ABC_{number:06d}") > 0 for number in (1, 10, 11)] == [True, True, False]


def test_sequences_in_memory_are_repeated(predictor):
    sequences = {"one": "ACGTN" * 20, "two": "CCGG"}
    prediction = predictor.predict([contig_of(*item) for item in sequences.items()])
    stream = io.StringIO()
    prediction.write(stream, format="genbank")
    found = SeqIO.parse(io.StringIO(stream.getvalue()), "genbank")
    assert {record.id: str(record.seq) for record in found} == sequences


def test_sequences_that_are_gone_cannot_be_repeated(predictor, planted, tmp_path):
    contigs = (contig for contig in open_genome(planted.genome))
    with pytest.raises(InputError, match="predict from a file or from sequences by name"):
        predictor.predict(contigs).write(tmp_path / "genome.gbk")
    assert list(tmp_path.iterdir()) == []


def test_a_genome_that_changes_is_noticed(predictor, planted, tmp_path):
    genome = tmp_path / "genome.fa"
    genome.write_bytes(planted.genome.read_bytes())
    prediction = predictor.predict(open_genome(genome))
    list(prediction)
    genome.write_text(">one\nACGT\n")
    with pytest.raises(InputError, match="changed while it was in use"):
        prediction.write(tmp_path / "genome.gbk")
    assert list(tmp_path.iterdir()) == [genome]


def test_an_index_stands_beside_the_file(predictor, planted, tmp_path):
    path = tmp_path / "genes.gff3.gz"
    predicted(predictor, planted).write(path, index=True)
    with pysam.TabixFile(str(path)) as tabix:
        assert tabix.contigs == ["one", "two"]
        genes = [row for row in tabix.fetch("two") if "\tgene\t" in row]
    assert len(genes) == 2
    with pytest.raises(InputError, match=r"ends in \.gz"):
        predicted(predictor, planted).write(tmp_path / "genes.gff3", index=True)


def test_files_may_be_written_amid_an_iteration(predictor, planted, tmp_path):
    prediction = predicted(predictor, planted)
    contigs = iter(prediction)
    first = next(contigs)
    prediction.write_gff3(tmp_path / "genes.gff3")
    assert without_hashes((tmp_path / "genes.gff3").read_text()) == (
        (GOLDEN / "genes.gff3").read_text()
    )
    again = list(prediction)
    assert again[0] is first
    assert again[1:] == list(contigs)


def test_what_is_not_kept_is_there_once(predictor, planted):
    prediction = predicted(predictor, planted, keep=False)
    assert len(list(prediction)) == 3
    with pytest.raises(InputError, match="was not kept"):
        list(prediction)


def test_names_are_unique_over_contigs(predictor, planted):
    names = [gene.id for gene in predicted(predictor, planted).genes()]
    assert names == [f"g{number:06d}" for number in range(1, 11)]


def test_half_a_genome_is_never_taken_for_all(predictor, planted, tmp_path):
    """Generators that have failed look as if they had ended."""

    def contigs() -> Iterator[Contig]:
        yield from open_genome(planted.genome)
        raise InputError("torn off")

    prediction = predictor.predict(contigs())
    for _ in range(2):
        with pytest.raises(InputError, match="torn off"):
            prediction.write_gff3(tmp_path / "genes.gff3")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_prediction_does_not_go_on(predictor, planted):
    def contigs() -> Iterator[Contig]:
        yield from open_genome(planted.genome)
        raise KeyboardInterrupt

    prediction = predictor.predict(contigs())
    with pytest.raises(KeyboardInterrupt):
        list(prediction)
    with pytest.raises(InputError, match="interrupted"):
        list(prediction)


def test_places_that_cannot_be_written(predictor, planted, tmp_path):
    with pytest.raises(InputError, match="make the folder first"):
        predicted(predictor, planted).write_proteins(tmp_path / "absent" / "proteins.fa")
