import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import genefinder
from genefinder.cli.main import genefinder as genefinder_command
from genefinder.errors import GenefinderError, InputError, ModelError
from genefinder.io.annotation import read_annotation
from genefinder.models.model import Model


@pytest.fixture(scope="module")
def model(planted) -> Model:
    return genefinder.load_model(planted.model)


def exons(prediction):
    return [(gene.contig, gene.strand, gene.exons) for gene in prediction.genes()]


def test_importing_imports_little():
    """Neither the package nor its version may wait for PyTorch."""
    script = (
        "import sys, genefinder; genefinder.__version__; genefinder.errors.GenefinderError\n"
        "print([name for name in ('torch', 'numpy', 'numba', 'pandas') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "[]\n")


def test_everything_that_is_promised_is_there():
    for name in genefinder.__all__:
        assert getattr(genefinder, name).__doc__, name
    assert set(genefinder.__all__) <= set(dir(genefinder))
    with pytest.raises(AttributeError, match="nonsense"):
        genefinder.nonsense  # noqa: B018


def test_functions_are_no_modules(planted, model):
    """A module of the package of the same name would take the function's place when imported."""
    import genefinder.api
    import genefinder.cli.evaluate
    import genefinder.cli.predict
    import genefinder.training.pretrain
    import genefinder.training.train

    for name in ("predict", "evaluate", "train", "pretrain", "adapt"):
        assert callable(getattr(genefinder, name)), name


def test_models_are_found_by_name():
    assert "plant" in genefinder.installed_models()
    assert genefinder.load_model("plant").name == "plant"
    with pytest.raises(ModelError, match="no model oak"):
        genefinder.load_model("oak")


def test_genomes_from_files_and_from_memory(planted, model):
    found = genefinder.predict(planted.genome, model, device="cpu")
    assert exons(found) == list(planted.genes)
    in_memory = genefinder.predict(planted.letters, str(planted.model), device="cpu")
    assert exons(in_memory) == exons(found)
    assert not any(key == "genome" for key, _ in in_memory.comments())


def test_all_files_are_written_as_the_command_writes_them(planted, tmp_path):
    pytest.importorskip("pyBigWig")
    files = {
        "proteins": "proteins.fa",
        "cds": "cds.fa",
        "tracks": "tracks",
        "report": "report.html",
        "summary": "summary.json",
        "multiqc": "genes_mqc.json",
        "versions": "versions.yml",
    }
    by_command, by_function = tmp_path / "command", tmp_path / "function"
    for folder in (by_command, by_function):
        folder.mkdir()
    words = ["predict", planted.genome, "--model", planted.model, "--device", "cpu", "--index"]
    words += ["--output", by_command / "genes.gff3.gz", "--min-posterior", "0.2"]
    words += [part for name, file in files.items() for part in (f"--{name}", by_command / file)]
    result = CliRunner().invoke(genefinder_command, list(map(str, words)), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    seen = []
    done = genefinder.annotate(
        planted.genome,
        by_function / "genes.gff3.gz",
        planted.model,
        index=True,
        min_posterior=0.2,
        device="cpu",
        progress=lambda contig: seen.append(contig.name),
        **{name: by_function / file for name, file in files.items()},
    )
    assert (done.genes, done.bases) == (10, 50_971)
    assert seen == [contig.name for contig in done.contigs]
    made = {path.relative_to(by_command) for path in by_command.rglob("*") if path.is_file()}
    assert made == {
        path.relative_to(by_function) for path in by_function.rglob("*") if path.is_file()
    }
    for path in made - {Path("summary.json")}:  # which tells seconds
        assert (by_command / path).read_bytes() == (by_function / path).read_bytes(), path


def test_files_that_cannot_be_written_are_refused_at_once(planted, tmp_path):
    genes, missing = tmp_path / "genes.gff3", tmp_path / "no" / "folder"
    for files, message in (
        ({"multiqc": tmp_path / "genes.json"}, "give one that ends in _mqc.json"),
        ({"report": genes}, "is an input or another output"),
        ({"cds": planted.genome}, "is an input or another output"),
        ({"summary": missing}, "make the folder first"),
        ({"tracks": planted.genome}, "is a file; give a folder for the tracks"),
        ({"organism": "Planta clara"}, "gff3 has no place for the organism"),
        ({"report": 3}, "give a place for report or its path, not int"),
    ):
        with pytest.raises(InputError, match=message):
            genefinder.annotate(planted.genome, genes, "no model", **files)
    assert not genes.exists()


def test_auto_takes_an_installed_model(planted, install):
    install(planted.model)
    found = genefinder.predict(planted.genome, device="cpu")
    assert found.model.name == "model"
    assert exons(found) == list(planted.genes)
    assert found.comments()[-1][0] == "model choice"


def test_two_predictions_at_once_find_the_same(planted, model, tmp_path):
    def predict(number):
        path = tmp_path / f"{number}.gff3"
        genefinder.predict(planted.genome, model, device="cpu").write_gff3(path)
        return path.read_text()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(predict, range(2))
    assert first == second
    assert first.count("\tgene\t") == len(planted.genes)


def test_threads_find_what_one_after_the_other_finds(planted, planted_species, model):
    """Models and genomes of their own, of one network, of one file, and shared ones."""
    reader = genefinder.load_model(planted_species)
    cut = {"a": planted.letters["one"][:20_000], "b": planted.letters["two"]}
    tasks: list[dict[str, Any]] = [
        {"genome": planted.genome, "model": model},
        {"genome": cut, "model": str(planted.model)},
        {"genome": planted.genome, "model": reader, "species": "Planta clara"},
        {"genome": cut, "model": reader, "species": "Planta obscura"},
        {"genome": {"one": planted.letters["one"]}, "model": reader, "species": "auto"},
        {"genome": cut, "model": model, "repeats": "none", "threads": 2},
    ]

    def predict(task):
        found = genefinder.predict(**task, device="cpu")
        return [(gene.id, gene.posterior, *gene.exons) for gene in found.genes()]

    alone = [predict(task) for task in tasks]
    assert len({tuple(genes) for genes in alone}) > 3
    with ThreadPoolExecutor(len(tasks)) as pool:
        assert list(pool.map(predict, tasks * 2)) == alone * 2


def test_threads_share_a_prediction(planted, model):
    prediction = genefinder.predict(planted.genome, model, device="cpu")
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: exons(prediction), range(3)))
    assert found == [list(planted.genes)] * 3
    assert len(prediction.contigs) == 3


def test_one_sequence(planted, model):
    text = planted.letters["one"]
    contig = genefinder.predict_sequence(text, planted.model, name="one", device="cpu")
    assert [gene.exons for gene in contig.genes] == [
        cds for name, _, cds in planted.genes if name == "one"
    ]
    strict = genefinder.predict_sequence(text, model, min_posterior=1.0, device="cpu")
    assert len(strict.genes) < len(contig.genes)


def test_evaluating_files_predictions_and_genes(planted, model, tmp_path):
    found = genefinder.predict(planted.genome, model, device="cpu")
    found.write_gff3(tmp_path / "genes.gff3")
    genes = read_annotation(tmp_path / "genes.gff3").genes
    for predicted in (found, genes, str(tmp_path / "genes.gff3")):
        result = genefinder.evaluate(tmp_path / "genes.gff3", predicted)
        assert (result.gene.f1, result.gene.n_reference) == (1.0, 10)
    assert genefinder.evaluate(genes, genes[:5]).gene.sensitivity == 0.5
    assert genefinder.evaluate(genes, found, ["two"]).gene.n_reference == 2


def test_nothing_is_printed_and_nothing_left(planted, model, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    stream = (tmp_path / "genes.gff3").open("w")
    with stream:
        genefinder.predict(planted.genome, model, device="cpu").write_gff3(stream)
    assert [path.name for path in tmp_path.iterdir()] == ["genes.gff3"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda planted: genefinder.predict("absent.fa", planted.model), "absent.fa"),
        (lambda planted: genefinder.predict(planted.genome, "oak"), "no model oak"),
        (lambda planted: genefinder.predict({"a": "ACGQ"}, planted.model), "no nucleotide"),
        (lambda planted: genefinder.predict(planted.genome, planted.model, threads=0), "threads"),
        (lambda planted: genefinder.evaluate("absent.gff3", []), "absent.gff3"),
        (lambda planted: genefinder.evaluate([], [], ["a:9-1"]), "a:9-1"),
        (lambda planted: genefinder.train([("a.fa", "a.gff")], "out", max_steps=0), "a.fa"),
        (lambda planted: genefinder.pretrain(["a.fa"], "out", max_steps=0), "a.fa"),
        (lambda planted: genefinder.adapt(planted.model, "absent.fa"), "absent.fa"),
    ],
)
def test_errors_can_be_told_apart(planted, tmp_path, monkeypatch, call, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GenefinderError, match=message):
        call(planted)


def test_text_that_is_no_genome_is_met_when_it_is_read(planted, model, tmp_path):
    (tmp_path / "text.fa").write_text("no FASTA\n")
    with pytest.raises(InputError, match=r"text\.fa"):
        genefinder.predict(tmp_path / "text.fa", model, device="cpu")
    prediction = genefinder.predict(tmp_path / "text.fa", model, device="cpu", repeats="none")
    with pytest.raises(InputError, match=r"text\.fa"):
        list(prediction)


def test_training_makes_a_model(planted, model, tmp_path):
    genefinder.predict(planted.genome, model, device="cpu").write_gff3(tmp_path / "genes.gff3")
    shares: list[float] = []
    raw = genefinder.pretrain(
        [planted.genome],
        tmp_path / "raw",
        max_steps=1,
        network=model.network.config,
        device="cpu",
    )
    assert (raw.name, raw.network.config) == ("raw", model.network.config)
    trained = genefinder.train(
        [(planted.genome, tmp_path / "genes.gff3")],
        tmp_path / "trained",
        max_steps=1,
        init=str(tmp_path / "raw"),
        device="cpu",
        progress=shares.append,
    )
    assert trained.name == "trained"
    assert trained.provenance["init"] == "raw"
    assert shares[-1] == 1.0


def test_a_model_is_replaced_when_asked_for(planted, model, tmp_path):
    labelled = [(planted.genome, planted.annotation)]
    calls: list[Callable[..., Any]] = [
        lambda **options: genefinder.train(labelled, tmp_path / "genes", next_base=0, **options),
        lambda **options: genefinder.pretrain([planted.genome], tmp_path / "raw", **options),
    ]
    for call in calls:
        shape = {"max_steps": 0, "network": model.network.config, "device": "cpu"}
        made = call(seed=1, **shape)
        with pytest.raises(InputError, match="holds a model already"):
            call(seed=2, **shape)
        with pytest.raises(InputError, match="resume goes on with what overwrite would replace"):
            call(seed=2, overwrite=True, resume=True, **shape)
        assert type(made).load(tmp_path / made.name).sha256 == made.sha256
        assert call(seed=2, overwrite=True, **shape).sha256 != made.sha256


def test_adapting_returns_a_model_of_the_genome(planted, large, tmp_path):
    start = genefinder.load_model(planted.model)
    shares: list[float] = []
    adapted = genefinder.adapt(
        start, large.genome, name="Planta nova", device="cpu", progress=shares.append
    )
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert start.reads is start.statistics[0]
    assert adapted.known_species == ("Planta nova",)
    assert adapted.reads is adapted.statistics[0]
    assert adapted.reads.origin == "genome"
    adapted.save(tmp_path / "adapted")
    again = genefinder.load_model(tmp_path / "adapted")
    assert again.sha256 == adapted.sha256
    assert again.reads is not None
    assert again.reads.sha256 == adapted.reads.sha256
    letters = large.genome.read_text().split("\n")[1]
    found = genefinder.predict({"genes": letters}, model=again, device="cpu")
    assert genefinder.evaluate(large.genes, found).gene.f1 > 0.9
