import os
import shutil
import subprocess
from pathlib import Path

import pysam
import pytest

from genefinder.io.gff3 import Gff3Writer
from genefinder.io.gtf import GtfWriter
from genefinder.io.index import write_index
from genefinder.io.output import open_output

WRITERS = {"genes.gff3.gz": Gff3Writer, "genes.gtf.gz": GtfWriter}


@pytest.fixture(params=WRITERS)
def table(request: pytest.FixtureRequest, tmp_path: Path, annotated) -> Path:
    path: Path = tmp_path / request.param
    with open_output(path) as stream:
        annotated.write(WRITERS[request.param](stream))
    return path


@pytest.mark.parametrize(("longest", "suffix"), [(700, ".tbi"), (1 << 30, ".csi")])
def test_an_index_finds_the_rows_of_a_region(table: Path, longest: int, suffix: str) -> None:
    index = write_index(table, longest)
    assert index == f"{table}{suffix}"
    assert sorted(os.listdir(table.parent)) == [table.name, table.name + suffix]
    with pysam.TabixFile(str(table), index=index) as tabix:
        rows = [row.split("\t") for row in tabix.fetch("toy", 120, 250)]
        assert tabix.contigs == ["toy"]
    assert {(row[2], int(row[3]), int(row[4])) for row in rows} >= {
        ("gene", 121, 250),
        ("exon", 121, 180),
        ("exon", 221, 250),
    }
    assert not any(row[2] == "exon" and int(row[3]) == 301 for row in rows)


def test_tabix_itself_takes_what_is_written(table: Path) -> None:
    if shutil.which("tabix") is None:
        pytest.skip("needs tabix")
    subprocess.run(["tabix", "-p", "gff", table.name], cwd=table.parent, check=True)
    words = ["tabix", table.name, "toy:663-700"]
    found = subprocess.run(words, cwd=table.parent, check=True, capture_output=True, text=True)
    assert {row.split("\t")[2] for row in found.stdout.splitlines()} >= {"gene", "exon", "CDS"}
