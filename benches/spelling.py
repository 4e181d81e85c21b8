"""How many real genes need what the gene grammar cannot spell, or a best path cannot hold.

    python -m benches.spelling --json benches/results/spelling.json

For every annotated species: genes of which no isoform can be spelled, by the reason of the longest
one; genes that touch, overlap or lie inside one another; and the splice sites of all introns.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benches.records import DATA, commit, write_json
from genefinder.data.transcripts import choose_transcript
from genefinder.errors import GenefinderError
from genefinder.genes import Gene, Interval, Transcript
from genefinder.grammar import Grammar, Reason
from genefinder.grammar.grammar import splice_sites
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome

SITES_SHOWN = 12
PAIRS = (
    *("abutting", "coding bases shared, same strand", "coding bases shared, opposite strand"),
    *("nested in an intron, same strand", "nested in an intron, opposite strand"),
    *("interleaved, same strand", "interleaved, opposite strand"),
)
"""What two genes may be to each other that one best path cannot hold; genes that are nested or
interleaved share no coding base."""


def longest(gene: Gene) -> Transcript | None:
    """Return the isoform of the longest coding sequence."""
    coding = [transcript for transcript in gene.transcripts if transcript.cds]
    return min(coding, key=lambda transcript: (-transcript.cds_length, transcript.id), default=None)


def relation(transcript: Transcript, other: Transcript) -> str | None:
    """Name what two genes are to each other, by their coding sequences; see ``PAIRS``."""
    first, second = sorted(
        (transcript, other), key=lambda either: (either.cds[0][0], -either.cds[-1][1])
    )
    if first.cds[-1][1] < second.cds[0][0]:
        return None
    if first.cds[-1][1] == second.cds[0][0]:
        return "abutting"
    strand = "same strand" if transcript.strand == other.strand else "opposite strand"
    if any(a < d and c < b for a, b in first.cds for c, d in second.cds):
        return f"coding bases shared, {strand}"
    start, end = second.cds[0][0], second.cds[-1][1]
    if any(low <= start and end <= high for low, high in first.introns()):
        return f"nested in an intron, {strand}"
    return f"interleaved, {strand}"


def relations(transcripts: Iterable[Transcript]) -> tuple[Counter[str], dict[str, set[str]]]:
    """Count the pairs of genes of one contig by relation, and the genes that are in any."""
    counts: Counter[str] = Counter()
    members: dict[str, set[str]] = defaultdict(set)
    begun: list[Transcript] = []
    for transcript in sorted(transcripts, key=lambda transcript: transcript.cds[0][0]):
        start = transcript.cds[0][0]
        begun = [earlier for earlier in begun if earlier.cds[-1][1] >= start]
        for earlier in begun:
            if name := relation(earlier, transcript):
                counts[name] += 1
                members[name].update((earlier.id, transcript.id))
        begun.append(transcript)
    return counts, members


def count(genome: Path, annotation: Path) -> dict[str, Any]:
    """Count a species."""
    grammar = Grammar()
    by_contig: dict[str, list[Gene]] = defaultdict(list)
    for gene in read_annotation(annotation).genes:
        by_contig[gene.contig].append(gene)
    reasons: Counter[str] = Counter()
    sites: Counter[str] = Counter()
    pairs: Counter[str] = Counter()
    involved: Counter[str] = Counter()
    total = spelled = 0
    for contig in open_genome(genome):
        genes = [gene for gene in by_contig[contig.name] if longest(gene) is not None]
        total += len(genes)
        introns: set[tuple[Interval, str]] = set()
        for gene in genes:
            choice = choose_transcript(gene, contig.codes, grammar)
            spelled += choice.transcript is not None
            first = longest(gene)
            if choice.transcript is None and first is not None:
                reasons[choice.rejected[first.id].value] += 1
            for transcript in gene.transcripts:
                introns.update((intron, gene.strand) for intron in transcript.introns())
        for (start, end), strand in introns:
            if 0 <= start <= end - 2 and end <= len(contig):
                sites["-".join(splice_sites(start, end, strand == "-", contig.codes))] += 1
        found, members = relations(
            chosen for gene in genes if (chosen := longest(gene)) is not None
        )
        pairs += found
        involved.update({name: len(ids) for name, ids in members.items()})
    return {
        "genes": total,
        "spelled": spelled,
        "not spelled": {
            reason.value: reasons[reason.value] for reason in Reason if reasons[reason.value]
        },
        "pairs": {name: pairs[name] for name in PAIRS},
        "genes in pairs": {name: involved[name] for name in PAIRS},
        "introns": sum(sites.values()),
        "splice sites": dict(sites.most_common(SITES_SHOWN)),
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return a Markdown table, species in columns and genes per thousand behind their numbers."""
    reasons = [
        reason.value
        for reason in Reason
        if any(reason.value in species["not spelled"] for species in results.values())
    ]
    sites = ["GT-AG", "GC-AG", "AT-AC"]
    lines = [f"| | {' | '.join(results)} |", "|---|" + "---|" * len(results)]

    def row(name: str, counts: Sequence[int], wholes: Sequence[int]) -> None:
        cells = [
            f"{n:,} ({1000 * n / max(1, whole):.1f})" if n else "0"
            for n, whole in zip(counts, wholes, strict=True)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")

    every = list(results.values())
    genes = [species["genes"] for species in every]
    lines.append(f"| genes | {' | '.join(f'{n:,}' for n in genes)} |")
    row(
        "no isoform can be spelled",
        [count - species["spelled"] for count, species in zip(genes, every, strict=True)],
        genes,
    )
    for name in reasons:
        row(f"- {name}", [species["not spelled"].get(name, 0) for species in every], genes)
    for name in PAIRS:
        row(f"genes {name}", [species["genes in pairs"][name] for species in every], genes)
    introns = [species["introns"] for species in every]
    lines.append(f"| introns | {' | '.join(f'{n:,}' for n in introns)} |")
    for name in sites:
        row(f"- {name}", [species["splice sites"].get(name, 0) for species in every], introns)
    other = [
        species["introns"] - sum(species["splice sites"].get(name, 0) for name in sites)
        for species in every
    ]
    row("- other", other, introns)
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--species", nargs="*", help="folders of the data; default: all annotated")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the annotated genomes")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    annotated = sorted(path.parent.name for path in options.data.glob("*/genes.gff3.gz"))
    results = {}
    for name in options.species or annotated:
        folder = options.data / name
        results[name] = count(folder / "genome.fa.gz", folder / "genes.gff3.gz")
        print(f"{name}: {results[name]['genes']:,} genes", file=sys.stderr, flush=True)
    print(table(results))
    if options.json:
        document = {
            "schema_version": 1,
            "benchmark": "spelling",
            "commit": commit(),
            "species": results,
        }
        write_json(options.json, document)


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
