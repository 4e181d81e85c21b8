"""A two-sided scorer of the bases where the sequence allows a site.

Only one base in six can begin or end anything (ATG, a stop codon, GT or GC, AG in most grammars),
so a scorer that looks much harder at those alone costs little.
"""

from collections.abc import Iterator
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.dna import N
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import SITE_BITS
from genefinder.grammar.labels import ACCEPTOR, DONOR, START, STOP
from genefinder.network.layers import word_indices

_WORD = 3
_WIDTH = 16
_ROWS = 16
"""Sites are scored by a multiple of so many, so that none depends on how many others there are."""
_SIGNALS = (START, STOP, DONOR, ACCEPTOR)


class CandidateSites(nn.Module):
    """Where the sequence allows each signal to stand, by a lookup of three bases.

    Parameters
    ----------
    grammar
        Has the words of the sites.
    """

    site_words: Tensor

    def __init__(self, grammar: Grammar) -> None:
        super().__init__()
        # The words belong to the grammar, not to the weights.
        self.register_buffer("site_words", torch.zeros(125, dtype=torch.uint8), persistent=False)
        self.look_for(grammar)

    def look_for(self, grammar: Grammar) -> None:
        """Take the words of another grammar from now on."""
        self.site_words.copy_(torch.from_numpy(grammar.site_words))

    def forward(self, readings: Tensor) -> tuple[Tensor, ...]:
        """Find the bases where each signal may stand, in own reading direction.

        Parameters
        ----------
        readings
            ``int32`` codes ``(R, T)``.

        Returns
        -------
        tuple of Tensor
            Flat indices into ``(R, T)`` for start, stop, donor, acceptor.
        """
        rows, span = readings.shape
        padded = functional.pad(readings, (1, 2), value=N)
        words = (padded[:, :-2] * 5).add_(padded[:, 1:-1]).mul_(5).add_(padded[:, 2:])
        bits = self.site_words.index_select(0, words.flatten()).view(rows, span + 1)
        # An acceptor's signal stands on its second base.
        here = (bits[:, 1:], bits[:, 1:], bits[:, 1:], bits[:, :-1])
        return tuple(
            (found & bit).flatten().nonzero().squeeze(1)
            for found, bit in zip(here, SITE_BITS, strict=True)
        )


class SiteScorer(nn.Module):
    """Score candidate sites from the words around them and the network's hidden units.

    Parameters
    ----------
    inputs
        Hidden units a base of the network's head.
    hidden
        Hidden units a site.
    reach
        Bases seen on either side of the site.
    candidates
        Finds the sites to score.
    """

    def __init__(self, inputs: int, hidden: int, reach: int, candidates: CandidateSites) -> None:
        """Start with all scores at zero."""
        super().__init__()
        self.candidates = candidates
        self.words = nn.Embedding(4**_WORD + 1, _WIDTH)
        nn.init.normal_(self.words.weight, std=0.5)
        # Words lie side by side, one of them on the site itself, and cover `reach` on either side.
        self.reach = reach - reach % _WORD
        window = 2 * self.reach // _WORD + 1
        self.around = nn.ModuleList(nn.Linear(window * _WIDTH, hidden) for _ in _SIGNALS)
        self.at = nn.ModuleList(nn.Linear(inputs, hidden, bias=False) for _ in _SIGNALS)
        self.score = nn.ModuleList(nn.Linear(hidden, 1) for _ in _SIGNALS)
        for parameter in self.score.parameters():
            nn.init.zeros_(parameter)

    def forward(self, readings: Tensor, hidden: Tensor, shown: Tensor | None = None) -> Tensor:
        """Score the candidate sites.

        Parameters
        ----------
        readings
            ``int32`` codes ``(R, T)``.
        hidden
            Hidden units ``(R, T, inputs)``.
        shown
            Codes whose words around the sites are read, where these are others.

        Returns
        -------
        Tensor
            ``(R, T, 4)``, zero except at the candidate sites of each signal.
        """
        rows, span = readings.shape
        units = hidden.reshape(rows * span, -1)
        where, scores = [], []
        for number, (places, around) in enumerate(self.respond(readings, shown)):
            inner = functional.relu(around + self.at[number](units[places]))
            where.append(places * len(_SIGNALS) + number)
            # In a product of another number of rows the last ones are summed up in another order.
            whole = functional.pad(inner, (0, 0, 0, -len(inner) % _ROWS))
            scores.append(self.score[number](whole).squeeze(1)[: len(inner)])
        out = hidden.new_zeros(rows * len(_SIGNALS) * span)
        out = out.index_put((torch.cat(where),), torch.cat(scores).to(out.dtype))
        return out.view(rows, span, len(_SIGNALS))

    def respond(
        self, readings: Tensor, shown: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield, for each signal, its candidate sites and what the words around them amount to.

        Parameters
        ----------
        readings, shown
            See :meth:`forward`.

        Yields
        ------
        tuple of Tensor
            Flat indices into ``(R, T)``, shape ``(n,)``, and the sums ``(n, hidden)`` that enter
            the hidden units, those of the network's features left out.
        """
        span = readings.shape[1]
        ends = functional.pad(
            readings if shown is None else shown, (self.reach, self.reach + _WORD - 1), value=N
        )
        index = word_indices(ends, _WORD)[:, _WORD - 1 :]
        padded = index.shape[1]
        flat = index.flatten()
        offsets = torch.arange(0, 2 * self.reach + 1, _WORD, device=readings.device)
        kinds, width = self.words.weight.shape
        shifts = torch.arange(len(offsets), dtype=index.dtype, device=readings.device) * kinds
        for number, places in enumerate(self.candidates(readings)):
            # The padded row begins `reach` bases early: the window of base p starts at column p.
            first = places + places // span * (padded - span)
            seen = flat[first.unsqueeze(1) + offsets] + shifts
            layer = cast(nn.Linear, self.around[number])
            # What each word at each place adds to the sums: fewer than the sites, so looked up.
            shares = self.words.weight @ layer.weight.view(-1, len(offsets), width).permute(1, 2, 0)
            sums = functional.embedding_bag(seen, shares.flatten(0, 1), mode="sum")
            yield places, sums + layer.bias
