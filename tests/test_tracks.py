import json
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pysam
import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder

bigwig = pytest.importorskip("pyBigWig")

BIGWIGS = [
    f"{kind}.{strand}.bw" for kind in ("boundary", "exon", "intron") for strand in ("minus", "plus")
]
FILES = sorted(
    [
        *BIGWIGS,
        *("config.json", "igv_session.xml"),
        *("genes.gff3.gz", "genes.gff3.gz.tbi"),
        *("genome.fa.gz", "genome.fa.gz.fai", "genome.fa.gz.gzi"),
    ]
)


def predict(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    words = ["predict", *map(str, arguments), "--device", "cpu"]
    return CliRunner().invoke(genefinder, words, input=stdin, catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(planted, tmp_path_factory) -> Path:
    """The folder of the planted genome, with the genes beside it."""
    place = tmp_path_factory.mktemp("browser")
    folder: Path = place / "new" / "tracks"
    options = ["-m", planted.model, "-q", "--tracks", folder, "-o", place / "genes.gff3"]
    assert predict(planted.genome, *options).exit_code == 0
    return folder


def mean(folder: Path, kind: str, strand: str, contig: str, start: int, end: int) -> float:
    with bigwig.open(str(folder / f"{kind}.{'plus' if strand == '+' else 'minus'}.bw")) as file:
        value = file.stats(contig, start, end, type="sum", exact=True)[0]
    return (value or 0.0) / (end - start)


def test_the_folder_is_complete(folder):
    assert sorted(path.name for path in folder.iterdir()) == FILES


def test_tracks_show_the_genes(planted, folder):
    for contig, strand, cds in planted.genes:
        other = "-" if strand == "+" else "+"
        for start, end in cds:
            assert mean(folder, "exon", strand, contig, start, end) > 0.99
            assert mean(folder, "exon", other, contig, start, end) < 0.01
            assert mean(folder, "intron", strand, contig, start, end) < 0.01
        for (_, end), (start, _) in pairwise(cds):
            assert mean(folder, "intron", strand, contig, end, start) > 0.99
            # Donor and acceptor, the first and the last base of the intron.
            assert mean(folder, "boundary", strand, contig, end, end + 1) > 0.99
            assert mean(folder, "boundary", strand, contig, start - 1, start) > 0.99
            assert mean(folder, "boundary", strand, contig, end + 1, start - 1) < 0.01
    assert mean(folder, "exon", "+", "one", 0, 3_000) < 0.01


def test_tracks_have_every_contig(planted, folder):
    lengths = {"one": 42_970, "two": 3_001, "none": 5_000}
    for name in BIGWIGS:
        with bigwig.open(str(folder / name)) as file:
            assert set(file.chroms()) == set(lengths)
    with pysam.FastaFile(str(folder / "genome.fa.gz")) as genome:
        assert dict(zip(genome.references, genome.lengths, strict=True)) == {
            name: genome.get_reference_length(name) for name in lengths
        }
        letters = planted.genome.read_text().split("\n")[1]
        assert genome.fetch("one") == letters


def test_genes_are_those_that_were_written(planted, folder):
    with pysam.TabixFile(str(folder / "genes.gff3.gz")) as table:
        rows = list(table.fetch("one"))
    text = (folder.parents[1] / "genes.gff3").read_text().splitlines()
    assert rows == [row for row in text if row.startswith("one\t")]


def test_igv_opens_files_that_are_there(folder):
    session = ElementTree.parse(folder / "igv_session.xml").getroot()
    assert session.tag == "Session"
    resources = {resource.attrib["path"] for resource in session.iter("Resource")}
    assert resources == {*BIGWIGS, "genes.gff3.gz"}
    assert {track.attrib["id"] for track in session.iter("Track")} == resources
    assert (folder / session.attrib["genome"]).is_file()
    assert session.attrib["locus"].startswith("one:1-4")


def test_jbrowse_opens_files_that_are_there(folder):
    config = json.loads((folder / "config.json").read_text())

    def uris(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["uri"]] if "uri" in value else []
            return own + [uri for part in value.values() for uri in uris(part)]
        return [uri for part in value for uri in uris(part)] if isinstance(value, list) else []

    assert set(uris(config)) == set(FILES) - {"config.json", "igv_session.xml"}
    tracks = {track["trackId"] for track in config["tracks"]}
    (view,) = config["defaultSession"]["views"]
    assert set(view["init"]["tracks"]) == tracks
    assert view["init"]["assembly"] == config["assemblies"][0]["name"] == "genome.fa"


def test_a_failure_leaves_no_files(planted, tmp_path):
    genome = tmp_path / "broken.fa"
    genome.write_text(planted.genome.read_text() + ">one\nACGT\n")
    result = predict(genome, "-m", planted.model, "--tracks", tmp_path / "tracks")
    assert result.exit_code == 1
    assert "contig name 'one' was used before" in result.stderr
    assert list((tmp_path / "tracks").glob("*")) == []


def test_standard_input_has_tracks_too(planted, tmp_path):
    result = predict(
        "-", "-m", planted.model, "--tracks", tmp_path, stdin=planted.genome.read_bytes()
    )
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES


def test_a_file_is_no_folder(planted, tmp_path):
    place = tmp_path / "tracks"
    place.write_text("")
    result = predict(planted.genome, "-m", planted.model, "--tracks", place / "inside")
    assert result.exit_code == 1
    assert f"{place}: is a file; give a folder for the tracks" in result.stderr
