"""Gates around landmarks and in groups of regions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genefinder.interpret.figures.canvas import COLOURS, grid
from genefinder.interpret.gates import Contrast, Profile

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_gates(contrasts: Sequence[Contrast], profiles: Sequence[Profile], title: str) -> "Figure":
    """Draw each gate around each kind of landmark, and the effect between groups of regions."""
    kinds = list(dict.fromkeys(one.kind for one in profiles))
    gates = list(dict.fromkeys(contrast.gate for contrast in contrasts))
    count = len(kinds) + 1
    columns = min(3, count)
    rows = -(-count // columns)
    figure, panels = grid(rows, columns, 7.5, 0.4 + 2.0 * rows)
    for panel in panels[count:]:
        panel.axis("off")
    for panel, kind in zip(panels, kinds, strict=False):
        for profile in profiles:
            if profile.kind != kind:
                continue
            colour = COLOURS[gates.index(profile.gate)]
            panel.plot(profile.offsets, profile.mean, color=colour, label=profile.gate)
            panel.fill_between(
                profile.offsets,
                profile.mean - profile.error,
                profile.mean + profile.error,
                color=colour,
                alpha=0.25,
                lw=0,
            )
            panel.plot(profile.offsets, profile.alike, color=colour, lw=0.5, ls="--")
        panel.axvline(0, color="black", lw=0.5, ls=":")
        panel.set_title(f"{kind} ({_count(profiles, kind)}), dashed: decoys")
        panel.set_xlabel("bases from it, in strand direction")
    panels[0].set_ylabel("mean gate")
    if kinds:
        panels[0].legend(loc="best")
    panel = panels[len(kinds)]
    means = [contrast for contrast in contrasts if contrast.unit < 0]
    pairs = list(dict.fromkeys((one.first, one.second) for one in means))
    for mean in means:
        index = gates.index(mean.gate)
        place = pairs.index((mean.first, mean.second)) + 0.25 * (index - (len(gates) - 1) / 2)
        panel.bar(place, mean.effect, 0.24, color=COLOURS[index], label=mean.gate)
        if mean.p_corrected < 0.01:
            panel.annotate("*", (place, mean.effect), ha="center", fontsize=8)
    panel.axhline(0, color="black", lw=0.5)
    panel.set_xticks(range(len(pairs)), [f"{a}\nless {b}" for a, b in pairs], fontsize=6)
    panel.set_title("Cohen's d of regions (*: p < 0.01)")
    figure.suptitle(title, fontsize=9)
    return figure


def _count(profiles: Sequence[Profile], kind: str) -> int:
    """Return how many landmarks of a kind there were."""
    return next(profile.landmarks for profile in profiles if profile.kind == kind)
