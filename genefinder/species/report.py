"""The statistics of a species as text for people."""

import numpy as np
import numpy.typing as npt

from genefinder.grammar import Grammar
from genefinder.grammar.grammar import PROKARYOTIC
from genefinder.species.statistics import Statistics

_LETTERS = "ACGT"
_SITES = "start", "stop", "donor", "acceptor"
"""Signals in the order of the tables."""
_BASES_OF_SITE = (range(3), range(3), range(2), range(-1, 1))
"""Offsets of these bases from the base where the signal stands."""
_STRONG, _WEAK = 1.0, 0.25
"""Bits from which a base of a site is written as a capital letter, and at all."""
_CODONS_SHOWN = 8
_UNKNOWN = "not known"


def report(statistics: Statistics) -> str:
    """Return all that people may want to know: origin, structure of genes, codons, sites."""
    structure = statistics.structure
    figures = [
        ("bases counted", f"{structure.bases:,}", structure.bases),
        ("G and C", f"{100 * structure.gc:.1f} %", structure.gc),
        ("genes per Mb", f"{structure.genes_per_mb:.0f}", structure.genes_per_mb),
        ("coding", f"{100 * structure.coding:.1f} %", structure.coding),
        ("introns per gene", f"{structure.introns_per_gene:.2f}", structure.genes_per_mb),
        ("mean intron", f"{structure.intron:.0f} bases", structure.intron),
        ("shortest intron", f"{statistics.min_intron} bases", statistics.min_intron),
        ("shortest gene", f"{statistics.min_coding} coding bases", statistics.min_coding),
    ]
    stops = Grammar(genetic_code=statistics.genetic_code).stops
    scores = [entry for entry in codon_scores(statistics).items() if entry[0] not in stops]
    codons = sorted(scores, key=lambda entry: (-entry[1], entry[0]))
    rows = [
        ("genetic code", str(statistics.genetic_code)),
        ("origin", statistics.origin_text),
        ("sha256", statistics.sha256),
        *((name, text if value else _UNKNOWN) for name, text, value in figures),
        *(("added to scores", text) for text in [_adjustment(statistics)] if text),
        ("words of", f"{statistics.order + 1} bases"),
        ("codons for", _codons(codons[:_CODONS_SHOWN])),
        ("codons against", _codons(codons[::-1][:_CODONS_SHOWN])),
        *consensus(statistics).items(),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join([statistics.name, *(f"  {name:{width}}  {text}" for name, text in rows)])


def codon_scores(statistics: Statistics) -> dict[str, float]:
    """Return how much each codon tells coding sequence from intergenic one.

    Returns
    -------
    dict
        Bits by codon, in the order AAA to TTT, the mean over the bases before the codon.
    """
    order = statistics.order
    words = statistics.tables.words[:-1].astype(np.float64)
    letters = words.reshape(*[4] * (order + 1), words.shape[1]) / np.log(2)
    scores: npt.NDArray[np.float64] = np.zeros((4, 4, 4))
    for position in range(3):
        seen = min(order, position)
        means = letters[..., position].mean(axis=tuple(range(order - seen)))
        # The bases of the codon that the words see, and the positions that they do not depend on.
        shape = [1] * (position - seen) + [4] * (seen + 1) + [1] * (2 - position)
        scores += means.reshape(shape)
    return {
        "".join(_LETTERS[base] for base in place): float(score)
        for place, score in np.ndenumerate(scores)
    }


def consensus(statistics: Statistics) -> dict[str, str]:
    """Return the bases that tell each site from its decoys, as text.

    Returns
    -------
    dict
        By site, those of introns where there are any. A base that adds a bit and more is a capital
        letter, one that adds little a small one, and a dot stands for any; the bases that decoys
        have too stand in brackets.
    """
    tables = statistics.tables
    grammar = PROKARYOTIC if statistics.is_prokaryotic else Grammar()
    words = ["/".join(grammar.starts), "stop", *grammar.donors[:1], *grammar.acceptors[:1]]
    texts = {}
    for number, bases in enumerate(words):
        own = [tables.before + offset for offset in _BASES_OF_SITE[number]]
        bits = tables.weights[number].mean(axis=0) / np.log(2)
        letters = [_letter(column) for column in bits.T]
        left, right = "".join(letters[: own[0]]), "".join(letters[own[-1] + 1 :])
        texts[_SITES[number]] = f"{left.lstrip('.')}[{bases}]{right.rstrip('.')}"
    return texts


def _letter(bits: npt.NDArray[np.float32]) -> str:
    """Return the strongest of four bases."""
    base = int(bits.argmax())
    if bits[base] < _WEAK:
        return "."
    return _LETTERS[base] if bits[base] >= _STRONG else _LETTERS[base].lower()


def _adjustment(statistics: Statistics) -> str:
    """Say what is added to a network's scores; nothing where that is nothing."""
    added = statistics.adjustment
    texts = (
        f"{added.start:+g} of starts" if added.start else "",
        f"{added.donor:+g} of donors" if added.donor else "",
    )
    return ", ".join(filter(None, texts))


def _codons(scores: list[tuple[str, float]]) -> str:
    return " ".join(f"{codon} {bits:+.1f}" for codon, bits in scores)
