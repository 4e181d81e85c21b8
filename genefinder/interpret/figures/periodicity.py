"""Spectra of the next base's log-likelihood, and its period of three around splice sites."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genefinder.interpret.figures.canvas import COLOURS, grid
from genefinder.interpret.periodicity import Boundary
from genefinder.interpret.spectra import Spectrum

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIDES = {"donor": ("exon", "intron"), "acceptor": ("intron", "exon")}


def draw_periodicity(
    spectra: Sequence[Spectrum], boundaries: Sequence[Boundary], title: str
) -> "Figure":
    """Draw both spectra of each context, and the part with period three around splice sites."""
    figure, panels = grid(2, 2, 7.5, 4.6)
    for spectrum, colour in zip(spectra, COLOURS, strict=False):
        label = f"{spectrum.context} ({spectrum.regions})"
        panels[0].plot(spectrum.frequencies[1:], spectrum.power[1:], color=colour, label=label)
        panels[1].plot(spectrum.frequencies[1:], spectrum.aligned[1:], color=colour, label=label)
        panels[1].plot(spectrum.frequencies[1:], spectrum.noise[1:], color=colour, lw=0.5, ls="--")
    panels[0].set_title("mean power of regions")
    panels[1].set_title("power of the mean, in frame (dashed: noise)")
    panels[1].set_yscale("log")
    for panel in panels[:2]:
        panel.axvline(1 / 3, color="black", lw=0.5, ls=":")
        panel.set_xlabel("cycles a base")
    panels[0].set_ylabel("power (nats²)")
    panels[0].legend(loc="best")
    for panel in panels[2:][len(boundaries) :]:
        panel.axis("off")
    for panel, site in zip(panels[2:], boundaries, strict=False):
        panel.plot(site.offsets, site.power, color=COLOURS[0])
        panel.plot(site.offsets, site.noise, color=COLOURS[0], lw=0.5, ls="--")
        panel.axvline(0, color="black", lw=0.5, ls=":")
        left, right = _SIDES[site.kind]
        panel.set_title(f"period 3 around {site.sites} {site.kind}s: {left} | {right}")
        panel.set_xlabel("bases from the boundary, in strand direction")
        panel.set_ylim(0, None)
    panels[2].set_ylabel("power in frame (nats²)")
    figure.suptitle(title, fontsize=9)
    return figure
