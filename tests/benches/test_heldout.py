from benches.heldout import evaluate_network, hold_out, percent, unmasked
from genefinder.genes import Gene, Region, Transcript
from genefinder.models.model import Model


def gene(start: int, end: int) -> Gene:
    cds = ((start, end),)
    return Gene(f"g{start}", "c", "+", (Transcript(f"t{start}", "c", "+", cds, cds),))


def test_masked_genes_do_not_count() -> None:
    genes = [gene(0, 10), gene(20, 30), gene(40, 50)]
    assert unmasked(genes, {}) == genes
    # Half-open: a region that begins where a gene ends does not touch it.
    assert unmasked(genes, {"c": [(10, 21), (45, 46)]}) == genes[:1]


def test_regions_hold_the_genes_that_lie_inside(planted) -> None:
    (_, _, first), (_, _, second), *_ = planted.genes
    start, end = first[0][0] + 1, second[-1][1]
    regions = [Region("one", start, end), Region("one", end), Region("none")]
    found = hold_out(planted.genome, planted.annotation, regions)
    assert [(held.start, len(held.genes)) for held in found] == [(start, 1), (end, 6), (0, 0)]
    assert found[0].end == end
    assert found[1].end == 42_970
    assert found[0].genes[0].transcripts[0].cds == second


def test_a_network_is_evaluated_on_held_out_regions(planted) -> None:
    model = Model.load(planted.model)
    held_out = hold_out(planted.genome, planted.annotation, [Region("one")])

    def counts(min_posterior: float, mask=None) -> tuple[int, int, int]:
        found = evaluate_network(model.network, model.grammar, min_posterior, held_out, mask).gene
        return found.right, found.n_reference, found.n_predicted

    assert counts(0.5) == (8, 8, 8)
    assert counts(1.01) == (0, 8, 0)
    cut = planted.genes[0][2][0]
    assert counts(0.5, {"one": [cut]}) == (7, 7, 7)


def test_levels_are_written_in_percent() -> None:
    level = {"f1": 0.5, "sensitivity": 0.4, "precision": 2 / 3}
    assert percent(level) == "50.0 (40.0, 66.7)"
