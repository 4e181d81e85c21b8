import pytest
from hypothesis import given
from hypothesis import strategies as st

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.regions import format_region, parse_region


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("chr1", Region("chr1")),
        (" chr1 ", Region("chr1")),
        ("NC_003070.9:24,000,001-30,427,671", Region("NC_003070.9", 24_000_000, 30_427_671)),
        ("chr1:5-5", Region("chr1", 4, 5)),
        ("NC_003423.3:3,540,001-end", Region("NC_003423.3", 3_540_000)),
        ("chr1:7-", Region("chr1", 6)),
        ("HLA:A*01:1-10", Region("HLA:A*01", 0, 10)),
        ("chr-1.2", Region("chr-1.2")),
    ],
)
def test_parse(text: str, region: Region) -> None:
    assert parse_region(text) == region


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("chr1:", "START-END"),
        ("chr1:100", "START-END"),
        ("chr1:a-b", "START-END"),
        ("chr1:-5-10", "START-END"),
        (":1-10", "START-END"),
        ("chr1:0-10", "1-based"),
        ("chr1:20-10", "before START"),
    ],
)
def test_parse_refuses(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_region(text)


names = st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1)


@given(names, st.integers(0, 10**9), st.none() | st.integers(1, 10**6))
def test_written_regions_read_back(contig: str, start: int, length: int | None) -> None:
    region = Region(contig, start, None if length is None else start + length)
    assert parse_region(format_region(region)) == region
