from dataclasses import replace

import numpy as np
import pytest
import torch
from Bio import SeqIO

from genefinder.choice import choose
from genefinder.dna import decode, encode, reverse_complement
from genefinder.errors import InputError, ModelError
from genefinder.evaluation import evaluate_prokaryotes
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import PROKARYOTIC
from genefinder.io.annotation import read_annotation
from genefinder.io.contigs import Contig
from genefinder.io.sequences import write_record
from genefinder.metagenome import MetagenomePredictor
from genefinder.models.model import Model
from genefinder.network.network import GeneNetwork
from genefinder.predictor import Predictor
from genefinder.prokaryotes import compare_known, learn_prokaryote, see_signs, tell_genetic_code
from genefinder.training.calibrate import calibrate
from genefinder.training.settings import LabelledGenome

from .toy_genomes import TINY, make_operons

GRAMMAR = replace(PROKARYOTIC, overlaps=((0.0, 0.0, 0.0, 1.0), (), ()))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(1)
    return GeneNetwork(TINY, GRAMMAR).eval()


@pytest.fixture(scope="module")
def genome():
    letters, genes = make_operons(110_000)
    return encode(letters), genes


@pytest.fixture(scope="module")
def learnt(genome, network):
    return learn_prokaryote([genome[0]], network, GRAMMAR, "toy").statistics


@pytest.fixture(scope="module")
def model(network, learnt):
    words = learnt.tables.words.copy()
    words[:, :3] = np.roll(words[:, :3], 1, axis=1)  # the codon positions confused
    other = replace(learnt, name="other", tables=replace(learnt.tables, words=words))
    return Model("prokaryote", network, GRAMMAR, statistics=(learnt, other))


def test_operons_are_signs(genome, network):
    signs = see_signs([genome[0]], network, (), GRAMMAR)
    assert signs.prokaryotic, signs.describe()


def test_random_sequence_has_no_signs(network):
    codes = np.random.default_rng(2).integers(0, 4, 120_000).astype(np.uint8)
    assert not see_signs([codes], network, (), GRAMMAR).prokaryotic


def test_genes_far_apart_are_no_signs(network):
    """As in yeast: dense, but without operons."""
    rng = np.random.default_rng(3)
    letters, genes = make_operons(130_000, seed=4)
    codes = encode(letters)
    pieces = []
    for gene in genes:
        spacer = rng.integers(0, 4, 120).astype(np.uint8)
        pieces += [codes[gene.start : gene.end], spacer]
    assert not see_signs([np.concatenate(pieces)], network, (), GRAMMAR).prokaryotic


def test_learnt_statistics_find_the_genes(genome, model, learnt):
    codes, genes = genome
    predictor = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu")
    (contig,) = predictor.predict([Contig("toy", codes)])
    found = evaluate_prokaryotes(genes, [gene.record for gene in contig.genes])
    assert found.ends.f1 > 0.98
    assert found.genes.f1 > 0.8
    overlapping = sum(
        right.start < left.end for left, right in zip(contig.genes, contig.genes[1:], strict=False)
    )
    assert overlapping > 20
    assert all(gene.protein().startswith("M") for gene in contig.genes if gene.start_codon)
    assert {gene.start_codon for gene in contig.genes} >= {"ATG", "GTG"}


def test_the_start_that_saves_more_bits_is_taken(genome, network, learnt):
    confused = learnt.tables.words.copy()
    confused[:, :3] = np.roll(confused[:, :3], 1, axis=1)
    other = replace(learnt, name="other", tables=replace(learnt.tables, words=confused))
    found = learn_prokaryote([genome[0][:105_000]], network, GRAMMAR, "toy", 11, (other,))
    names = [candidate.name for candidate in found.candidates]
    assert set(names) == {"learnt from other", "learnt from long open frames"}
    saved = [candidate.saved_per_kb for candidate in found.candidates]
    assert saved == sorted(saved, reverse=True)
    assert found.statistics.name == "toy"


def test_too_little_sequence_is_refused(network):
    with pytest.raises(InputError, match="too few"):
        learn_prokaryote([encode(make_operons(20_000)[0])], network, GRAMMAR, "toy")


def test_tells_whether_tga_is_a_stop_codon(genome, network):
    assert tell_genetic_code([genome[0]], network, GRAMMAR) == 11
    rare = encode(make_operons(110_000, tga_is_codon=True)[0])
    assert tell_genetic_code([rare], network, GRAMMAR) == 4
    frequent = encode(make_operons(110_000, tga_is_codon=True, usual=1)[0])
    assert tell_genetic_code([frequent], network, GRAMMAR) == 25


def test_genes_of_code_25(model, learnt):
    """As in Gracilibacteria: TGA is glycine, not tryptophan."""
    letters, genes = make_operons(12_000, seed=5, tga_is_codon=True, usual=1)
    reading = model.reading(replace(learnt, genetic_code=25))
    assert reading.grammar.stops == ("TAA", "TAG")
    contig = Predictor(reading, min_posterior=0.0, device="cpu").find_genes(letters, "toy")
    found = evaluate_prokaryotes(genes, [gene.record for gene in contig.genes])
    assert found.ends.sensitivity > 0.9
    longest = max(contig.genes, key=lambda gene: gene.end - gene.start)
    codons = [longest.cds()[start : start + 3] for start in range(0, len(longest.cds()) - 3, 3)]
    assert "TGA" in codons
    wanted = [
        residue for codon, residue in zip(codons, longest.protein(), strict=True) if codon == "TGA"
    ]
    assert set(wanted) == {"G"}


def test_short_sequence_reads_the_species_that_explains_it(genome, model, learnt):
    start = genome[1][3].start
    piece = genome[0][start : start + 3_000]
    ordered = compare_known([piece], model.statistics, GRAMMAR)
    assert ordered[0][0].name == "toy"
    assert ordered[0][1] > ordered[1][1]
    choice = choose([Contig("plasmid", piece)], model)
    assert choice.reads is not None
    assert choice.reads.statistics.name == "toy"


def test_a_genome_without_the_signs_is_warned_of(model):
    codes = np.random.default_rng(2).integers(0, 4, 30_000).astype(np.uint8)
    choice = choose([Contig("c", codes)], model)
    assert choice.signs_text.startswith("warning")
    assert ("signs", choice.signs_text) in choice.comments()


def test_auto_takes_the_model_of_bacteria_for_bacteria_alone(genome, model, tmp_path, install):
    spliced = GeneNetwork(TINY, Grammar()).eval()
    universal = Model("universal", spliced, Grammar(), statistics=model.statistics)
    for installed in (model, universal):
        installed.save(tmp_path / installed.name)
    install(tmp_path / "prokaryote", tmp_path / "universal")
    choice = choose([Contig("toy", genome[0])])
    assert choice.model.name == "prokaryote"
    assert choice.signs_text.startswith("bacterium or archaeon")
    assert choice.reads is not None
    assert choice.reads.statistics.origin == "genome"
    codes = np.random.default_rng(2).integers(0, 4, 30_000).astype(np.uint8)
    assert choose([Contig("c", codes)]).model.name == "universal"


def test_rows_are_gene_and_cds(genome, model, learnt, tmp_path):
    codes, genes = genome
    cut = Contig("toy", codes[genes[0].start + 30 : genes[4].end].copy())
    predictor = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu")
    prediction = predictor.predict([cut])
    prediction.write_gff3(tmp_path / "genes.gff3")
    rows = [
        line.split("\t")
        for line in (tmp_path / "genes.gff3").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert {row[2] for row in rows} == {"gene", "CDS"}
    attributes = [row[8] for row in rows if row[2] == "CDS"]
    assert all("transl_table=11" in text for text in attributes)
    assert sum("partial=true" in text for text in attributes) >= 1
    whole = [text for text in attributes if "partial" not in text]
    assert all("start_codon=" in text and "start_posterior=" in text for text in whole)
    assert sum("motif=AGGAGG;spacer=6" in text for text in attributes) == 2
    read = read_annotation(tmp_path / "genes.gff3").genes
    assert [gene.posterior for gene in read] == [
        pytest.approx(gene.posterior, abs=1e-4) for gene in prediction.genes()
    ]
    assert read[-1].transcripts[0].part_posteriors is not None


def test_contigs_of_a_metagenome_tell_what_they_read(genome, model, learnt):
    codes, genes = genome
    other = model.statistics[1]
    size = max(gene.end for gene in genes if gene.end < 12_000) + 30
    short, long = Contig("short", codes[:size]), Contig("long", codes)
    meta = MetagenomePredictor(model.reading(other), min_posterior=0.0, device="cpu")
    found = list(meta.predict([short, long, Contig("empty", codes[:0])]))
    known = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu")
    (wanted,) = known.predict([short])
    assert [(gene.record.start, gene.record.end) for gene in found[0].genes] == [
        (gene.record.start, gene.record.end) for gene in wanted.genes
    ]
    alone = MetagenomePredictor(replace(model, statistics=(other,)).reading(other), device="cpu")
    for contigs in (found[1:2], list(alone.predict([Contig("long", codes)]))):
        records = [replace(gene.record, contig="toy") for gene in contigs[0].genes]
        whole = [
            replace(gene, transcripts=(replace(gene.transcripts[0], contig="toy"),))
            for gene in records
        ]
        assert evaluate_prokaryotes(genes, whole).ends.f1 > 0.98
    assert found[2].skipped == "empty record"
    told = dict(meta.predict([short]).comments())
    assert "nearest" in told["metagenome"]
    spliced = GeneNetwork(TINY, Grammar()).eval()
    eukaryotic = Model("universal", spliced, Grammar(), statistics=model.statistics)
    with pytest.raises(ModelError, match="genes with introns"):
        MetagenomePredictor(eukaryotic.reading(learnt))


def test_a_model_is_calibrated_on_what_it_learns(genome, model, tmp_path):
    codes, genes = genome
    model.save(tmp_path / "prokaryote")
    with (tmp_path / "toy.fa").open("w") as stream:
        write_record(stream, "toy", decode(codes))
    rows = [
        f"toy\tx\t{kind}\t{gene.start + 1}\t{gene.end}\t.\t{gene.strand}\t{phase}\t{names}{gene.id}"
        for gene in genes
        for kind, phase, names in (("gene", ".", "ID="), ("CDS", "0", "Parent="))
    ]
    (tmp_path / "toy.gff3").write_text("##gff-version 3\n" + "\n".join(rows) + "\n")
    annotated = LabelledGenome(tmp_path / "toy.fa", tmp_path / "toy.gff3", genetic_code=11)
    found = calibrate(str(tmp_path / "prokaryote"), [annotated], device="cpu")
    assert found.reliability["stop"].share > 0.97
    calibrated = Model.load(tmp_path / "prokaryote")
    assert set(calibrated.calibration.curves) == {"gene", "exon", "start", "stop"}
    assert calibrated.min_posterior == 0.0
    assert [own.name for own in calibrated.statistics] == [own.name for own in model.statistics]


def test_the_motif_before_starts_is_learnt(learnt):
    motifs = learnt.tables.motifs
    assert motifs is not None
    assert (motifs.word(0), motifs.spacer(0)) == ("AGGAGG", 6)
    assert motifs.share(0) > 0.5


def test_motif_and_headers_of_both_strands(genome, model, learnt, tmp_path):
    codes, genes = genome
    end = max(gene.end for gene in genes if gene.end < 12_000) + 30
    predictor = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu")
    prediction = predictor.predict([Contig("a", codes[:60].copy()), Contig("b", codes[:end])])
    prediction.write(proteins=tmp_path / "p.fa", fasta_headers="prodigal")
    headers = [line for line in (tmp_path / "p.fa").read_text().splitlines() if line[0] == ">"]
    found = [gene.record for gene in prediction.genes()]
    assert {gene.strand for gene in found} == {"+", "-"}
    assert headers[0].startswith(f">b_1 # {found[0].start + 1} # {found[0].end} # ")
    assert all(f"ID=2_{number};" in header for number, header in enumerate(headers, 1))
    for gene, header in zip(found, headers, strict=True):
        motif, spacer = gene.transcripts[0].start_motif, gene.transcripts[0].spacer
        assert f"rbs_motif={motif};" in header
        assert (motif is None) == (spacer is None)
        if spacer is not None:
            low, high = gene.start - spacer - 6, gene.start - spacer
            if gene.strand == "-":
                low, high = gene.end + spacer, gene.end + spacer + 6
            bases = codes[low:high] if gene.strand == "+" else reverse_complement(codes[low:high])
            assert decode(bases) == motif
    marked = [gene for gene in found if gene.transcripts[0].start_motif == "AGGAGG"]
    assert {gene.strand for gene in marked} == {"+", "-"}
    with pytest.raises(InputError, match="no FASTA headers"):
        prediction.write(proteins=tmp_path / "p.fa", fasta_headers="other")  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def turned(genome):
    """A part of the genome as a circle that begins inside a gene, and that gene."""
    codes, genes = genome
    size = next(gene.start for gene in genes if gene.start > 30_000) - 20
    inner = next(gene for gene in genes if gene.start > 10_000 and gene.strand == "-")
    origin = (inner.start + inner.end) // 2
    return Contig("circle", np.roll(codes[:size], -origin), circular=True), inner, origin


def test_genes_over_the_origin_are_found(genome, model, learnt, turned):
    circle, inner, origin = turned
    predictor = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu")
    line = Contig("line", genome[0][: len(circle)].copy())
    found, straight = predictor.predict([circle, line])
    assert [gene.start for gene in found.genes] == sorted(gene.start for gene in found.genes)
    size = len(circle)
    whole = {(gene.start, gene.end, gene.strand) for gene in straight.genes}
    turned_back = {
        ((start := (gene.start + origin) % size), start + gene.end - gene.start, gene.strand)
        for gene in found.genes
    }
    assert (inner.start, inner.end, "-") in turned_back
    middle = {place for place in whole if 3_000 < place[0] < size - 3_000}
    assert middle <= turned_back
    assert len(turned_back) == len(found.genes)
    (over,) = (gene for gene in found.genes if gene.end > size)
    assert over.start < size
    assert not over.partial_low | over.partial_high
    same = next(gene for gene in straight.genes if gene.start == inner.start)
    assert over.protein() == same.protein()
    assert over.posterior == pytest.approx(same.posterior, abs=1e-3)
    motifs = [gene.record.transcripts[0].start_motif for gene in (over, same)]
    assert motifs[0] == motifs[1]


def test_all_sequences_are_circular_on_request(model, learnt, turned):
    circle, *_ = turned
    linear = replace(circle, circular=False)
    reading = model.reading(learnt)
    (cut,) = Predictor(reading, min_posterior=0.0, device="cpu").predict([linear])
    assert cut.genes[0].partial_low
    assert cut.genes[-1].partial_high
    (found,) = Predictor(reading, min_posterior=0.0, device="cpu", circular=True).predict([linear])
    assert found.genes[-1].end > len(circle)


def test_files_of_circular_sequences(model, learnt, turned, tmp_path):
    circle, *_ = turned
    size = len(circle)
    prediction = Predictor(model.reading(learnt), min_posterior=0.0, device="cpu").predict([circle])
    prediction.write(tmp_path / "genes.gff3")
    prediction.write(tmp_path / "genes.gbk")
    rows = [line.split("\t") for line in (tmp_path / "genes.gff3").read_text().splitlines()]
    rows = [row for row in rows if len(row) == 9]
    assert rows[0][2:5] == ["region", "1", str(size)]
    assert rows[0][8] == f"ID=circle:1..{size};Is_circular=true"
    assert [row[2] for row in rows if int(row[4]) > size] == ["gene", "CDS"]
    read = read_annotation(tmp_path / "genes.gff3").genes
    assert read[-1].end > size
    with (tmp_path / "genes.gbk").open() as stream:
        record = SeqIO.read(stream, "genbank")
    assert record.annotations["topology"] == "circular"
    over = [feature for feature in record.features if len(feature.location.parts) > 1]
    assert [feature.type for feature in over if feature.type != "mRNA"] == ["gene", "CDS"]
    coding = over[-1].extract(record.seq)
    gene = list(prediction.genes())[-1]
    assert str(coding) == gene.cds()
    assert over[-1].qualifiers["translation"][0][1:] == gene.protein()[1:]


def gene(name, start, end, strand="+", **open_ends):
    chain = ((start, end),)
    return Gene(name, "c", strand, (Transcript(name, "c", strand, chain, chain, **open_ends),))


def test_evaluation_by_stop_codons():
    reference = [
        gene("a", 0, 90),
        gene("b", 200, 290, "-"),
        gene("c", 400, 490),
        gene("m", 900, 990),
    ]
    predicted = [
        gene("1", 30, 90),  # another start
        gene("2", 200, 290, "-"),
        gene("3", 600, 690),  # wrong
        gene("4", 950, 1000),  # masked
        gene("5", 700, 800, partial_high=True),  # has no stop codon
    ]
    found = evaluate_prokaryotes(reference, predicted, mask={"c": [(960, 965)]})
    assert (found.ends.n_reference, found.ends.found, found.ends.n_predicted) == (3, 2, 3)
    assert (found.genes.found, found.genes.right) == (1, 1)
    assert found.right_starts == 0.5
    assert "50.00" in found.format()
