"""The tables of docs/trust.md, made of the results and of the models as they are.

    python -m benches.trust

Run it when a result or a model has changed; a test compares the page with them.
"""

import json
import re
from collections.abc import Callable, Sequence

from benches.heldout import percent
from benches.records import RESULTS, ROOT, Row
from benches.unseen import NAMES

PAGE = ROOT / "docs" / "trust.md"
_MODELS = "plant", "nematode", "insect", "fungus", "universal", "prokaryote"
_NAMES = {
    **NAMES,
    "hsapiens20": "Homo sapiens",
    "pknowlesi": "Plasmodium knowlesi",
    "umaydis": "Ustilago maydis",
    "ztritici": "Zymoseptoria tritici",
}
_LEVELS = "gene", "exon", "base"
_COLLECTION = "G3PO"
"""Begins the names of sets of single genes of many species."""
_NO_SHARE = 1e-6
"""Weight of genomes that were only validated on."""


def unseen_clades() -> str:
    """Return what was found in clades that a network never saw, by the last one of each species."""
    rows = {row["species"]: row for row in _read("abroad")["rows"]}
    return _markdown(
        ("species", "left out of the training", "gene F1 (Sn, Pr)", "exon F1", "base F1"),
        [
            (_name(species), row["left_out"], percent(levels["gene"]), *_f1(levels, "exon", "base"))
            for species, row in rows.items()
            for levels in (row["test"]["levels"],)
        ],
    )


def unseen_posteriors() -> str:
    """Return the calibration errors in those clades."""
    errors = _read("abroad_calibration")["ece"]
    return _markdown(
        ("species", "genes, raw", "genes, calibrated", "exons, raw", "exons, calibrated"),
        [
            (
                _name(species),
                *(
                    f"{errors[kind][species][how]:.3f}"
                    for kind in ("gene", "exon")
                    for how in ("raw", "calibrated")
                ),
            )
            for species in errors["gene"]
        ],
    )


def home_posteriors() -> str:
    """Return how reliable posteriors are on test sequence of species that a model knows."""
    heads = ("species", "model", "genes", "mean posterior", "right", "error, genes", "error, exons")
    return _markdown(
        heads,
        [
            (
                _name(row["species"]),
                f"`{row['model']['name']}`",
                f"{gene['n']:,}",
                f"{gene['mean_posterior']:.2f}",
                f"{gene['share_right']:.2f}",
                f"{gene['ece']:.3f}",
                f"{row['reliability']['exon']['ece']:.3f}",
            )
            for row in _read("calibration")["results"]
            for gene in (row["reliability"]["gene"],)
        ],
    )


def training_species() -> str:
    """Return the species that each installed model has learnt from, and its figures."""
    rows = []
    for name in _MODELS:
        config = json.loads((ROOT / "models" / name / "config.json").read_text(encoding="utf-8"))
        provenance = config["provenance"]
        read = (genome for genome in provenance["genomes"] if _is_read(genome))
        species = dict.fromkeys(genome["species"] for genome in read)
        shares = provenance["held_out_f1"]
        figures = " / ".join(f"{100 * shares[level]:.1f}" for level in _LEVELS)
        rows.append((f"`{name}`", ", ".join(map(_italic, species)), figures))
    return _markdown(("model", "annotated genomes", "gene / exon / base F1"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "unseen clades": unseen_clades,
    "unseen posteriors": unseen_posteriors,
    "home posteriors": home_posteriors,
    "training species": training_species,
}
"""What makes each table of the page, by its mark."""


def filled(text: str) -> str:
    """Return a page with its tables made anew, each between ``<!-- NAME -->`` and ``<!-- end -->``.

    Raises
    ------
    ValueError
        If a table has no place there.
    """
    for name, make in TABLES.items():
        place = re.compile(rf"<!-- {name} -->\n.*?<!-- end -->", re.DOTALL)
        text, count = place.subn(f"<!-- {name} -->\n{make()}\n<!-- end -->", text)
        if count != 1:
            raise ValueError(f"the page has {count} places for the table {name!r}, not one")
    return text


def _read(benchmark: str) -> Row:
    document: Row = json.loads((RESULTS / f"{benchmark}.json").read_text(encoding="utf-8"))
    return document


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _f1(levels: Row, *names: str) -> list[str]:
    return [f"{100 * levels[name]['f1']:.1f}" for name in names]


def _name(species: str) -> str:
    return _italic(_NAMES[species])


def _is_read(genome: Row) -> bool:
    """Tell whether windows of a genome were drawn in the training."""
    return genome["weight"] is None or genome["weight"] > _NO_SHARE


def _italic(species: str) -> str:
    """Write genus and epithet in italics; what follows names a part of the genome."""
    if species.startswith(_COLLECTION):
        return species
    genus, epithet, *part = [*species.split(maxsplit=2), ""]
    return " ".join([f"*{genus} {epithet}".rstrip() + "*", *filter(None, part)])


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
