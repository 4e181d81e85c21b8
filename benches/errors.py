"""Where predicted genes go wrong: what is missed, what is wrong by what, what is made up.

    python -m benches.errors REFERENCE PREDICTED [--genome FASTA] [--region REGION]

Genes are compared by their coding sequence. A reference gene is sorted into classes by the isoform
of the longest one, but is found when any isoform is predicted. A predicted gene that is not right
shares coding bases with one reference gene on its strand (and is then wrong by a cause), with
several (fused), with one that another prediction shares, too (split), or with none (false).
"""

import argparse
import gzip
import sys
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benches.loci import CAUSES, Loci, Locus, cause, chains, shares
from benches.records import commit, write_json
from genefinder.errors import GenefinderError
from genefinder.genes import Gene, Interval, Region, shift_gene
from genefinder.grammar.grammar import splice_sites
from genefinder.intervals import as_intervals, merge
from genefinder.io.annotation import read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import Genome, open_genome
from genefinder.io.regions import format_region, parse_region

CODING = (300, 600, 1200, 2400)
EXONS = (1, 2, 5, 10)
INTRONS = (0, 100, 500, 2000)
POSTERIORS = (0.2, 0.4, 0.6, 0.8, 1.0)
SHIFTS = 12
"""Moves of a single site are told one by one up to so many bases."""
_REPEATS = ("repeat", "transpos", "pseudogen")
"""Parts of feature types that tell repeats and pseudogenes."""


def size_class(value: float, limits: Sequence[float]) -> str:
    """Name the class of a value: up to each limit, or beyond the last.

    Classes of whole numbers begin one above the limit below.
    """
    low: float = min(1, limits[0]) if isinstance(limits[0], int) else 0.0
    for limit in limits:
        if value <= limit:
            return f"{low:g}-{limit:g}" if low < limit else f"{limit:g}"
        low = limit + isinstance(limit, int)
    return f"over {limits[-1]:g}"


def missed(reference: Loci, found: set[int], genome: Genome | None) -> dict[str, Any]:
    """Count reference genes, and those found, by class."""

    def introns(locus: Locus) -> int:
        return max((end - start for start, end in locus.transcript.introns()), default=0)

    classes: dict[str, Callable[[Locus], str]] = {
        "coding bases": lambda locus: size_class(locus.transcript.cds_length, CODING),
        "coding exons": lambda locus: size_class(len(locus.transcript.cds), EXONS),
        "longest intron": lambda locus: size_class(introns(locus), INTRONS),
    }
    if genome is not None:
        wanted = {locus.gene.contig for locus in reference.all}
        unusual = {
            id(locus)
            for contig in genome
            if contig.name in wanted
            for locus in reference.all
            if locus.gene.contig == contig.name and not _is_canonical(locus, contig.codes)
        }
        classes["splice sites"] = lambda locus: "other" if id(locus) in unusual else "GT-AG or none"
    table: dict[str, Any] = {}
    for name, sort in classes.items():
        total, hits = Counter[str](), Counter[str]()
        for locus in reference.all:
            total[sort(locus)] += 1
            hits[sort(locus)] += id(locus) in found
        table[name] = {
            key: {"genes": total[key], "missed": total[key] - hits[key]}
            for key in sorted(total, key=class_order)
        }
    return table


def _is_canonical(locus: Locus, codes: Any) -> bool:
    reverse = locus.gene.strand == "-"
    pairs = (splice_sites(start, end, reverse, codes) for start, end in locus.transcript.introns())
    return all(pair == ("GT", "AG") for pair in pairs)


def class_order(name: str) -> tuple[bool, float, str]:
    """Sort classes by their numbers."""
    number = name.removeprefix("over ").split("-")[0]
    is_number = number.replace(".", "").isdigit()
    upper = name.split("-")[-1] if "over" not in name else number
    value = float(upper) + 0.5 * ("over" in name) if is_number else 0.0
    return not is_number, value, name


def analyse(
    reference: Loci, predicted: Loci, genome: Genome | None, masked: dict[str, list[Interval]]
) -> dict[str, Any]:
    """Sort every reference gene and every prediction into its class."""
    found: set[int] = set()
    causes: Counter[str] = Counter()
    shifts: Counter[str] = Counter()
    false: dict[str, Counter[str]] = defaultdict(Counter)
    right = fused = split = opposite = 0
    for locus in predicted.all:
        hits = reference.sharing(locus)
        same = [hit for hit in hits if not chains(hit.gene).isdisjoint(chains(locus.gene))]
        if same:
            right += 1
            found.update(map(id, same))
        elif len(hits) > 1 and not _all_overlap(hits):
            fused += 1
        elif hits:
            if len(predicted.sharing(hits[0])) > 1:
                split += 1
                continue
            why, move = cause(locus.transcript, hits[0].gene)
            causes[why] += 1
            if move:
                shifts[_shift_name(why, move)] += 1
        else:
            elsewhere = reference.sharing(locus, same_strand=False)
            opposite += bool(elsewhere)
            kind = "opposite strand" if elsewhere else "no gene there"
            false["place"][kind] += 1
            false["coding bases"][size_class(locus.transcript.cds_length, CODING)] += 1
            false["coding exons"][size_class(len(locus.transcript.cds), EXONS)] += 1
            if locus.gene.posterior is not None:
                false["posterior"][size_class(locus.gene.posterior, POSTERIORS)] += 1
            if masked:
                share = covered_share(locus, masked.get(locus.gene.contig, []))
                kind = "mostly" if share > 0.5 else "in part" if share else "not"
                false["in repeats or pseudogenes"][kind] += 1
    untouched = sum(
        id(locus) not in found and not predicted.sharing(locus) for locus in reference.all
    )
    return {
        "reference": len(reference.all),
        "found": len(found),
        "without any prediction": untouched,
        "predicted": len(predicted.all),
        "right": right,
        "wrong": {
            "fused": fused,
            "split": split,
            **{name: causes[name] for name in CAUSES if causes[name]},
        },
        "moved": dict(shifts.most_common()),
        "false": sum(false["place"].values()),
        "opposite strand": opposite,
        "false by": {
            name: {key: counts[key] for key in sorted(counts, key=class_order)}
            for name, counts in false.items()
        },
        "missed by": missed(reference, found, genome),
    }


def _all_overlap(loci: Sequence[Locus]) -> bool:
    """Tell whether the reference genes overlap each other, so that one gene may be several."""
    return all(shares(locus.gene, loci[0].gene) for locus in loci[1:])


def _shift_name(why: str, move: int) -> str:
    size = f"{abs(move)}" if abs(move) <= SHIFTS else f"over {SHIFTS}"
    return f"{why}, {'down' if move > 0 else 'up'}stream by {size}"


def covered_share(locus: Locus, intervals: Sequence[Interval]) -> float:
    """Return the share of coding bases inside disjoint ascending intervals."""
    bases = 0
    for start, end in locus.transcript.cds:
        place = bisect_left(intervals, (start, start))
        for low, high in intervals[max(0, place - 1) :]:
            if low >= end:
                break
            bases += max(0, min(high, end) - max(low, start))
    return bases / max(1, locus.transcript.cds_length)


def repeats(annotation: Path, genome: Path | None, mask: Path | None) -> dict[str, list[Interval]]:
    """Gather repeats and pseudogenes: rows of the annotation, lower case, and a BED file."""
    found: dict[str, list[Interval]] = defaultdict(list)
    for line in _lines(annotation):
        fields = line.split("\t")
        if len(fields) == 9 and any(word in fields[2].lower() for word in _REPEATS):
            found[fields[0]].append((int(fields[3]) - 1, int(fields[4])))
    if genome is not None:
        for contig, interval in lower_case(genome):
            found[contig].append(interval)
        if mask is not None:
            lengths = dict(open_genome(genome).contigs)
            for contig, intervals in read_bed(mask, lengths).items():
                found[contig].extend(intervals)
    return {
        contig: [(start, end) for start, end in merge(as_intervals(intervals)).tolist()]
        for contig, intervals in found.items()
    }


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        yield from (line.rstrip("\n") for line in file)


def lower_case(genome: Path) -> Iterator[tuple[str, Interval]]:
    """Yield the soft-masked regions of a FASTA file, line by line."""
    contig, position = "", 0
    for line in _lines(genome):
        if line.startswith(">"):
            contig, position = line[1:].split()[0], 0
            continue
        start: int | None = None
        if not line.isupper():
            for place, letter in enumerate(f"{line}A"):
                if letter.islower() and start is None:
                    start = place
                elif not letter.islower() and start is not None:
                    yield contig, (position + start, position + place)
                    start = None
        position += len(line)


def within(genes: Iterable[Gene], regions: Sequence[Region]) -> list[Gene]:
    """Keep the genes whose coding sequence lies inside a region."""
    if not regions:
        return list(genes)

    def inside(gene: Gene) -> bool:
        coding = [transcript for transcript in gene.transcripts if transcript.cds]
        return any(
            region.contig == gene.contig
            and all(
                region.start <= transcript.cds[0][0]
                and (region.end is None or transcript.cds[-1][1] <= region.end)
                for transcript in coding
            )
            for region in regions
        )

    return [gene for gene in genes if inside(gene)]


def to_text(result: dict[str, Any]) -> str:
    """Return Markdown tables."""
    lines = ["| | genes | % |", "|---|---|---|"]

    def row(name: str, count: int, whole: int) -> None:
        lines.append(f"| {name} | {count:,} | {100 * count / max(1, whole):.1f} |")

    row("reference genes found", result["found"], result["reference"])
    row(
        "reference genes without any prediction",
        result["without any prediction"],
        result["reference"],
    )
    row("predictions right", result["right"], result["predicted"])
    for name, count in result["wrong"].items():
        row(f"wrong: {name}", count, result["predicted"])
    row("false", result["false"], result["predicted"])
    for name, counts in result["missed by"].items():
        lines += ["", f"| {name} | genes | missed | missed % |", "|---|---|---|---|"]
        lines += [
            f"| {key} | {count['genes']:,} | {count['missed']:,} | "
            f"{100 * count['missed'] / count['genes']:.1f} |"
            for key, count in counts.items()
        ]
    for name, counts in filter(lambda item: item[1], result["false by"].items()):
        lines += ["", f"| false genes: {name} | n |", "|---|---|"]
        lines += [f"| {key} | {count:,} |" for key, count in counts.items()]
    if result["moved"]:
        lines += ["", "| a single end moved | n |", "|---|---|"]
        lines += [f"| {key} | {count:,} |" for key, count in list(result["moved"].items())[:20]]
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("reference", type=Path)
    parser.add_argument("predicted", type=Path)
    parser.add_argument("--genome", type=Path, help="for splice sites and soft-masked repeats")
    parser.add_argument("--mask", type=Path, help="BED of repeats or pseudogenes; needs --genome")
    parser.add_argument("--region", type=parse_region, nargs="*", default=[])
    parser.add_argument("--min-posterior", type=float, default=0.0)
    parser.add_argument(
        "--offset", type=int, default=0, help="bases before the cut that was predicted on"
    )
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    if options.mask and not options.genome:
        parser.error("--mask needs --genome")
    reference = within(read_annotation(options.reference).genes, options.region)
    kept = [
        shift_gene(gene, gene.contig, options.offset)
        for gene in read_annotation(options.predicted).genes
        if gene.posterior is None or gene.posterior >= options.min_posterior
    ]
    masked = repeats(options.reference, options.genome, options.mask)
    genome = open_genome(options.genome) if options.genome else None
    result = analyse(Loci(reference), Loci(within(kept, options.region)), genome, masked)
    print(to_text(result))
    if options.json:
        document = {
            "schema_version": 1,
            "benchmark": "errors",
            "commit": commit(),
            "reference": options.reference.name,
            "predicted": options.predicted.name,
            "regions": [format_region(region) for region in options.region],
            **result,
        }
        write_json(options.json, document)


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
