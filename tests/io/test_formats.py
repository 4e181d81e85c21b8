from typing import Any

import pytest

from genefinder.cli.output_options import _FORMATS
from genefinder.errors import InputError
from genefinder.io.formats import FORMATS, Format, check_format, format_of
from genefinder.io.qualifiers import Qualifiers


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("genes.gff3", "gff3"),
        ("genes.gff.gz", "gff3"),
        ("genes.GTF", "gtf"),
        ("a.b/genes.gtf.gz", "gtf"),
        ("genes.gbk", "genbank"),
        ("genes.gbff.gz", "genbank"),
        ("genes.embl", "embl"),
        ("genes.tbl", "tbl"),
        ("-", "gff3"),
        ("genes.txt", "gff3"),
        ("/dev/stdout", "gff3"),
    ],
)
def test_the_suffix_names_the_format(name: str, expected: str) -> None:
    assert format_of(name) == expected


def test_the_command_line_knows_every_format() -> None:
    assert _FORMATS == FORMATS


@pytest.mark.parametrize(
    ("format", "settings", "message"),
    [
        ("gff3", {"qualifiers": Qualifiers("Homo sapiens")}, "no place for the organism"),
        ("tbl", {"qualifiers": Qualifiers("Homo sapiens")}, "no place for the organism"),
        ("gtf", {"qualifiers": Qualifiers(id_database="lab")}, "no place for NCBI's IDs"),
        ("embl", {"qualifiers": Qualifiers(id_database="lab")}, "no place for NCBI's IDs"),
        ("tbl", {"locus_tags": False}, "needs locus tags"),
        ("genbank", {"index": True}, "tabix indexes gff3 and gtf, not genbank"),
        ("gff3", {"index": True, "path": "genes.gff3"}, r"ends in \.gz"),
        ("gff3", {"index": True, "path": None}, r"ends in \.gz"),
        ("bed", {}, "give one of gff3, gtf"),
    ],
)
def test_what_makes_no_sense_is_refused(
    format: Format, settings: dict[str, Any], message: str
) -> None:
    given = {"path": "genes.gz", "qualifiers": Qualifiers(), **settings}
    with pytest.raises(InputError, match=message):
        check_format(format, given.pop("path"), **given)


@pytest.mark.parametrize("format", FORMATS)
def test_what_makes_sense_is_not(format: Format) -> None:
    check_format(format, "-", qualifiers=Qualifiers())
    check_format("gff3", "genes.gff3.gz", qualifiers=Qualifiers(id_database="lab"), index=True)
    check_format("embl", None, qualifiers=Qualifiers("Homo sapiens"))
