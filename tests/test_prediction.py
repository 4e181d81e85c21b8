import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from genefinder.errors import InputError
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
    names = {"gff3": "genes.gff3", "proteins": "proteins.fa", "cds": "cds.fa"}
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
