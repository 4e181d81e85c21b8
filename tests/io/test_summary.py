import io
import json
import math

import pytest

from genefinder.io.summary import ContigSummary, Summary


def summary(seconds: float = 1.23456) -> Summary:
    return Summary(
        version="1.0",
        genome="genome.fa",
        genome_sha256="ab",
        model="plant",
        model_sha256="cd",
        settings={"min_posterior": 0.5, "genetic_code": 1},
        contigs=[
            ContigSummary("chr1", 1000, genes=3, expected_right=2.25, transposon_like=2, dropped=1),
            ContigSummary("chr2", 500),
            ContigSummary("tiny", 1, skipped="shorter than 100 bases"),
        ],
        seconds=seconds,
        stages={"decoder": 0.1},
        look_first=["chr1: two genes look like transposons"],
    )


def test_everything_comes_back():
    stream = io.StringIO()
    summary().write(stream)
    assert stream.getvalue().endswith("}\n")
    assert json.loads(stream.getvalue()) == {
        "schema_version": 1,
        "version": "1.0",
        "genome": {"name": "genome.fa", "sha256": "ab"},
        "model": {"name": "plant", "sha256": "cd"},
        "species": None,
        "choice": None,
        "settings": {"min_posterior": 0.5, "genetic_code": 1},
        "seconds": 1.235,
        "stages": {"decoder": 0.1},
        "totals": {
            "contigs": 3,
            "skipped": 1,
            "bases": 1501,
            "genes": 3,
            "expected_right": 2.2,
            "transposon_like": 2,
            "transposons_dropped": 1,
        },
        "look_first": ["chr1: two genes look like transposons"],
        "contigs": [
            {"name": "chr1", "bases": 1000, "genes": 3, "skipped": None},
            {"name": "chr2", "bases": 500, "genes": 0, "skipped": None},
            {"name": "tiny", "bases": 1, "genes": 0, "skipped": "shorter than 100 bases"},
        ],
    }


def test_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="not JSON compliant"):
        summary(seconds=math.nan).write(io.StringIO())
