import re
import xml.etree.ElementTree as ElementTree

import pytest

from genefinder.io.svg import COLOURS, Plot, draw_genes


def rectangles(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of every bar."""
    found = []
    for element in ElementTree.fromstring(svg).iter("rect"):
        x, y, width, height = (float(element.attrib[key]) for key in ("x", "y", "width", "height"))
        found.append((x, x + width, y, y + height))
    return found


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("text")]


def test_bars_are_as_high_as_their_values() -> None:
    plot = Plot((0, 3), (0, 4), "bases & more", "genes")
    plot.bars([0, 1, 2, 3], [1, 0, 4], COLOURS[0])
    one, four = rectangles(plot.svg("a < b"))
    assert one[3] == pytest.approx(four[3])
    assert (four[3] - four[2]) == pytest.approx(4 * (one[3] - one[2]), abs=0.3)
    assert (one[1] - one[0]) == pytest.approx(four[1] - four[0], abs=0.2)
    assert texts(plot.svg("a < b"))[:4] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("x", "ticks"),
    [
        ((1.0, 10_000.0), ["1", "10", "100", "1,000", "10,000"]),
        ((90.0, 600.0), ["100", "200", "500"]),
    ],
)
def test_logarithmic_axes(x: tuple[float, float], ticks: list[str]) -> None:
    plot = Plot(x, (0, 0), "bases", "genes", log_x=True)
    assert texts(plot.svg("lengths"))[: len(ticks)] == ticks


def test_genes_lie_where_their_exons_are() -> None:
    svg = draw_genes(
        (1_000, 2_000),
        [("g1", "+", ((1_000, 1_100), (1_900, 2_000))), ("g2", "-", ((1_450, 1_550),))],
        [("P(exon)", [0.0, 1.0], COLOURS[0])],
        title="here",
    )
    first, last, middle = rectangles(svg)
    left, right = first[0], last[1]
    assert middle[0] - left == pytest.approx(right - middle[1], abs=0.3)
    assert (first[1] - first[0]) == pytest.approx((right - left) / 10, abs=0.3)
    assert texts(svg) == ["g1", "g2", "P(exon)", "1,001", "2,000"]
    tips = [float(x) for x in re.findall(r'd="M([\d.]+) [\d.]+l-?6', svg)]
    assert tips == pytest.approx([right, middle[0]], abs=0.2)
