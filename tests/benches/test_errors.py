from pathlib import Path

import pytest

from benches.errors import (
    CODING,
    POSTERIORS,
    analyse,
    class_order,
    covered_share,
    lower_case,
    size_class,
)
from benches.loci import Loci


@pytest.mark.parametrize(
    ("value", "limits", "name"),
    [
        (1, CODING, "1-300"),
        (300, CODING, "1-300"),
        (301, CODING, "301-600"),
        (9_999, CODING, "over 2400"),
        (1, (1, 2, 5), "1"),
        (2, (1, 2, 5), "2"),
        (4, (1, 2, 5), "3-5"),
        (0, (0, 100), "0"),
        (0.5, POSTERIORS, "0.4-0.6"),
    ],
)
def test_names_of_classes(value: float, limits: tuple[float, ...], name: str) -> None:
    assert size_class(value, limits) == name


def test_classes_are_sorted_by_their_numbers() -> None:
    names = ["over 2400", "601-1200", "1-300", "other", "301-600"]
    assert sorted(names, key=class_order) == ["1-300", "301-600", "601-1200", "over 2400", "other"]


def testlower_case_is_found_across_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.fa"
    path.write_text(">one x\nACgtAC\nacGT\n>two\nAAAa\n")
    found = list(lower_case(path))
    assert found == [("one", (2, 4)), ("one", (6, 8)), ("two", (3, 4))]


def test_covered_share_of_coding_bases(gene) -> None:
    (locus,) = Loci([gene("g", ((100, 200), (300, 400)))]).all
    assert covered_share(locus, [(0, 10), (150, 350), (390, 500)]) == pytest.approx(110 / 200)
    assert covered_share(locus, []) == 0


def test_every_gene_gets_its_class(gene) -> None:
    reference = [
        gene("right", ((100, 400),)),
        gene("late", ((1000, 1300),)),
        gene("fused1", ((2000, 2300),)),
        gene("fused2", ((2400, 2700),)),
        gene("split", ((3000, 3900),)),
        gene("missed", ((5000, 5300),)),
    ]
    predicted = [
        gene("a", ((100, 400),)),
        gene("b", ((1009, 1300),)),
        gene("c", ((2000, 2700),)),
        gene("d", ((3000, 3300),)),
        gene("e", ((3600, 3900),)),
        gene("f", ((7000, 7300),), posterior=0.3),
        gene("g", ((5000, 5300),), strand="-", posterior=0.9),
    ]
    masked = {"c": [(7000, 7200)]}
    found = analyse(Loci(reference), Loci(predicted), None, masked)
    assert (found["reference"], found["predicted"]) == (6, 7)
    assert (found["found"], found["right"], found["without any prediction"]) == (1, 1, 1)
    assert found["wrong"] == {"fused": 1, "split": 2, "start only": 1}
    assert found["moved"] == {"start only, downstream by 9": 1}
    assert (found["false"], found["opposite strand"]) == (2, 1)
    assert found["false by"]["in repeats or pseudogenes"] == {"mostly": 1, "not": 1}
    assert found["missed by"]["coding bases"] == {
        "1-300": {"genes": 5, "missed": 4},
        "601-1200": {"genes": 1, "missed": 1},
    }
