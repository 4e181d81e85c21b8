"""Models whose posteriors stand in for an annotation: distillation through the grammar.

The cross-entropy between the paths that a teacher believes in and those of the network is log Z
minus the mean score of the teacher's paths. Scores are sums over channels, so that mean is the sum
of the teacher's posteriors times the network's scores: a window is taught by giving it these
posteriors as its path (after Hinton et al. 2015, arXiv:1503.02531). Several teachers speak with one
voice, the mean of their scores, which knows more than any of them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from genefinder.data.windows import Window
from genefinder.grammar import Grammar, segment_posteriors


class Teachers:
    """Label windows that nobody annotated.

    Parameters
    ----------
    networks
        The teachers, gene networks in evaluation mode.
    grammar
        What a gene may look like.
    device
        Where they run.
    """

    def __init__(
        self, networks: Sequence[nn.Module], grammar: Grammar, device: torch.device
    ) -> None:
        """Move the teachers to the device."""
        self._networks = [network.to(device) for network in networks]
        self._grammar = grammar
        self._device = device

    def teach(self, windows: Sequence[Window]) -> list[Window]:
        """Return the windows, those without labels with the teachers' posteriors as their path."""
        blank = [number for number, window in enumerate(windows) if not window.labelled]
        labelled = list(windows)
        if not blank:
            return labelled
        codes = torch.from_numpy(np.stack([windows[number].codes for number in blank]))
        with torch.inference_mode():
            outputs = [network(codes.to(self._device)).float() for network in self._networks]
            scores = torch.stack(outputs).mean(0).cpu().numpy()
        for number, scored in zip(blank, scores, strict=True):
            window = windows[number]
            _, posterior = segment_posteriors(window.codes, scored, window.segments, self._grammar)
            labelled[number] = replace(window, path=posterior)
        return labelled
