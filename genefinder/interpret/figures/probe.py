"""Scores of linear probes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genefinder.interpret.figures.canvas import COLOURS, grid
from genefinder.interpret.probe import CAUTION, KINDS, Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LABELS = {
    "network": "network",
    "untrained": "untrained network",
    "words": "words of the sequence",
    "frames": "words by frame",
}
_VIEWS = ("forward", "backward", "both", "joint")


def draw_probe(results: Sequence[Result], title: str) -> "Figure":
    """Draw the held-out score of each property, view and set of features with its interval."""
    properties = list(dict.fromkeys(result.property for result in results))
    figure, panels = grid(2, -(-len(properties) // 2), 7.5, 4.2)
    views = [view for view in _VIEWS if any(result.view == view for result in results)]
    for panel in panels[len(properties) :]:
        panel.axis("off")
    for panel, asked in zip(panels, properties, strict=False):
        for shift, features in enumerate(KINDS):
            some = [
                result
                for result in results
                if result.property == asked and result.features == features
            ]
            places = [views.index(one.view) + 0.2 * (shift - 1.5) for one in some]
            heights = [max(one.score, 0.0) for one in some]
            errors = [
                [
                    max(height - max(one.low, 0.0), 0.0)
                    for one, height in zip(some, heights, strict=True)
                ],
                [max(one.high - height, 0.0) for one, height in zip(some, heights, strict=True)],
            ]
            panel.bar(
                places,
                heights,
                0.19,
                yerr=errors,
                color=COLOURS[shift],
                label=_LABELS[features],
                error_kw={"lw": 0.6},
            )
        if asked.classes:
            panel.axhline(1 / len(asked.classes), color="black", lw=0.6, ls=":")
        panel.set_xticks(range(len(views)), views, fontsize=7)
        panel.set_ylim(0, 1)
        panel.set_title(asked.name.replace("_", " "))
        panel.set_ylabel("balanced accuracy" if asked.classes else "R²", fontsize=7)
    panels[len(properties) - 1].legend(loc="upper left")
    figure.suptitle(f"{title}\n{CAUTION}", fontsize=8)
    return figure
