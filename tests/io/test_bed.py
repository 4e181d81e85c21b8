import gzip

import pytest

from genefinder.errors import InputError
from genefinder.io.bed import read_bed


@pytest.fixture
def bed(tmp_path):
    def write(content):
        path = tmp_path / "mask.bed"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


TEXT = "# spans\ntrack name=mask\nchr1\t0\t10\tnote\n\nchr2\t5\t5\r\nchr1 20 30\n"
EXPECTED = {"chr1": [(0, 10), (20, 30)], "chr2": [(5, 5)]}


def test_intervals_by_contig(bed):
    assert read_bed(bed(TEXT)) == EXPECTED


def test_gzip(bed):
    assert read_bed(bed(gzip.compress(TEXT.encode()))) == EXPECTED


def test_an_empty_file_masks_nothing(bed):
    assert read_bed(bed("")) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chr1\t0\n", "mask.bed: line 1: 2 columns"),
        ("chr1\t0\t9\nchr1\tx\t9\n", "line 2: start 'x' and end '9' must be whole numbers"),
        ("chr1\t9\t8\n", "line 1: start 9 and end 8 are no interval"),
        ("chr1\t-1\t8\n", "line 1: start -1 and end 8 are no interval"),
        (b"\xff\xfe\x00", "mask.bed: is not text"),
        (gzip.compress(TEXT.encode())[:-9], "mask.bed: compressed data is broken"),
    ],
)
def test_bad_content_is_named(bed, content, message):
    with pytest.raises(InputError, match=message):
        read_bed(bed(content))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"absent\.bed: cannot be read: No such file"):
        read_bed(tmp_path / "absent.bed")


def test_rows_off_the_genome(bed):
    path = bed(TEXT)
    assert read_bed(path, {"chr1": 30, "chr2": 5}) == EXPECTED
    with pytest.raises(InputError, match="line 5: there is no contig 'chr2'"):
        read_bed(path, {"chr1": 30})
    with pytest.raises(InputError, match="line 6: ends at 30, but contig 'chr1' has only 29"):
        read_bed(path, {"chr1": 29, "chr2": 5})
