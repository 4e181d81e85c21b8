"""What a penalty of repeats does to the genes of a region.

    python -m benches.repeats plant ../shared/data/bnapus/genome.fa.gz \
        ../shared/data/bnapus/genes.gff3.gz --region LK031803:250001-2250000

Words are counted in the whole genome, and the penalty is learnt from a sample of it; genes are
found in the region alone.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from benches.records import commit, machine, write_json
from genefinder.evaluation import evaluate
from genefinder.genes import shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome
from genefinder.io.regions import parse_region
from genefinder.models.model import Model
from genefinder.predictor import Predictor
from genefinder.repeats import learn_repeats


def main() -> None:
    """Find the genes of the region without the penalty and with it, and print how good they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("genome", type=Path)
    parser.add_argument("genes", type=Path)
    parser.add_argument("--region", required=True)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    model, region = Model.load(given.model), parse_region(given.region)
    contigs = list(open_genome(given.genome, soft_masks=True))
    (whole,) = [contig for contig in contigs if contig.name == region.contig]
    end = len(whole) if region.end is None else region.end
    lower = None if whole.soft_masked is None else whole.soft_masked[region.start : end]
    contig = Contig(region.contig, whole.codes[region.start : end], lower)
    truth = [
        shift_gene(gene, region.contig, -region.start)
        for gene in read_annotation(given.genes).genes
        if gene.contig == region.contig and region.start <= gene.start and gene.end <= end
    ]
    repeats = learn_repeats(contigs, model)
    assert repeats is not None
    rows = []
    for name, used in (("without", replace(repeats, weight=0.0)), ("with", repeats)):
        found = [gene.record for gene in Predictor(model, repeats=used).predict([contig]).genes()]
        host = [gene for gene in found if not gene.transposon_like]
        for kept, genes in (("all", found), ("without transposons", host)):
            scores = evaluate(truth, genes).to_dict()["levels"]
            rows.append({"penalty": name, "genes": kept, "number": len(genes), **scores})
            shares = [scores["gene"][key] for key in ("sensitivity", "precision", "f1")]
            shares += [scores[level]["f1"] for level in ("exon", "base")]
            print(name, kept, len(genes), *(f"{100 * share:.1f}" for share in shares), sep="\t")
    if given.json is not None:
        document = {
            "region": given.region,
            "model": model.name,
            "commit": commit(),
            "machine": machine(),
            "share_repeated": float(repeats.mask(contig).mean()),
            "penalty": repeats.weight,
            "kept": repeats.kept,
            "reliable": repeats.reliable,
            "rows": rows,
        }
        write_json(given.json, document)


if __name__ == "__main__":
    main()
