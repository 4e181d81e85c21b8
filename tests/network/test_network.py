from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from genefinder.dna import encode
from genefinder.evaluation import evaluate
from genefinder.grammar import Grammar, decode_contig
from genefinder.grammar.labels import N_CHANNELS, START, STRAND_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.network import LABEL_BOUND, SIGNAL_BOUND, Encoder, GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.network.statistics import SpeciesScores
from genefinder.training.beginning import begin
from genefinder.training.corpus import load_corpus
from genefinder.training.settings import LabelledGenome, TrainSettings

SPAN = 72
VARIANTS = {
    "lstm": {},
    "gru": {"recurrent": "gru"},
    "one layer": {"layers": 1},
    "three layers": {"layers": 3},
    "codon steps": {"stride": 3},
    "statistics only added": {"statistics": False},
    "no site scorer": {"site_hidden": 0},
    "no convolutions": {"convolutions": ()},
}


def random_codes(rows: int = 3, span: int = SPAN, letters: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(11)
    return torch.randint(0, letters, (rows, span), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_equivariant_under_reverse_complement(variant, tiny, lively, device) -> None:
    network = lively(replace(tiny, **variant)).to(device)
    codes = random_codes().to(device)
    complement = both_readings(codes)[len(codes) :]
    with torch.inference_mode():
        scores, mirrored = network(codes), network(complement)
    assert scores.shape == (3, SPAN, N_CHANNELS)
    assert float(scores.std()) > 0.3
    expected = scores.flip(1).roll(STRAND_CHANNELS, dims=2)
    torch.testing.assert_close(mirrored, expected, rtol=1e-5, atol=1e-5)


def test_strands_differ(tiny: NetworkConfig, lively) -> None:
    with torch.inference_mode():
        scores = lively(tiny)(random_codes())
    forward, reverse = scores.split(STRAND_CHANNELS, dim=2)
    assert not torch.allclose(forward, reverse, atol=0.1)


@pytest.mark.parametrize("recurrent", ["lstm", "gru"])
def test_encoder_sees_nothing_to_its_right(recurrent, tiny: NetworkConfig) -> None:
    torch.manual_seed(5)
    encoder = Encoder(replace(tiny, recurrent=recurrent)).double().eval()
    codes = random_codes(1, letters=4).long()
    places = list(range(SPAN)) * 2
    rows = codes.repeat(len(places), 1)
    for row, place in enumerate(places):
        rows[row, place:] = 4 if row >= SPAN else (codes[0, place:] + 1) % 4
    with torch.inference_mode():
        bases, blocks = (
            (features - features[:1]).abs().amax(2)[1:] > 1e-9
            for features in encoder(torch.cat([codes, rows]))
        )
    for row, place in enumerate(places):
        # What a head that predicts the base at `place` may use: bases before, blocks finished.
        finished = place // encoder.stride
        assert not bases[row, :place].any()
        assert not blocks[row, :finished].any()
        # The features of the base itself, and of its block, do see it, once a whole word is there.
        assert bases[row, place] == (place >= tiny.word - 1)
        assert blocks[row, finished]


def test_encoder_sees_far_to_its_left(tiny: NetworkConfig) -> None:
    torch.manual_seed(5)
    encoder = Encoder(tiny).double().eval()
    codes = random_codes(1, letters=4).long()
    changed = codes.clone()
    changed[0, 0] = (changed[0, 0] + 1) % 4
    before, after = encoder(codes).blocks, encoder(changed).blocks
    assert bool((before != after).any(dim=2).all())


def test_unknown_bases_are_all_alike(tiny: NetworkConfig, lively) -> None:
    network = lively(tiny)
    codes = random_codes(1, letters=4)
    codes[0, 20:30] = 4
    with torch.inference_mode():
        scores = network(codes)
        alone = network(torch.full((1, SPAN), 4, dtype=torch.uint8))
    assert bool(torch.isfinite(scores).all())
    assert bool(torch.isfinite(alone).all())
    words = network.encoder.embedding(torch.tensor(4**tiny.word))
    longest = tiny.word - 1
    features = network.encoder.embedding.weight
    with torch.inference_mode():
        network.encoder.convolutions = torch.nn.Sequential()
        bases = network.encoder(codes.long()).bases[0]
    assert torch.equal(bases[20 : 30 + longest], words.expand(10 + longest, -1))
    assert not torch.equal(bases[30 + longest], words)
    assert len(features) == 4**tiny.word + 1


def test_scores_is_bounded(tiny: NetworkConfig, lively) -> None:
    network = lively(tiny)
    added = torch.full((2, 6, SPAN, 4), 1e4)
    added[0] = -1e4
    with torch.inference_mode():
        scores = network(random_codes(), SpeciesScores(*added)).view(3, SPAN, 2, STRAND_CHANNELS)
    torch.testing.assert_close(scores[..., :START].min(), torch.tensor(-LABEL_BOUND))
    torch.testing.assert_close(scores[..., START:].max(), torch.tensor(SIGNAL_BOUND))


def test_default_shapes_fit_the_design() -> None:
    network = GeneNetwork(NetworkConfig(), Grammar())
    size = sum(parameter.numel() for parameter in network.parameters())
    assert 3e5 < size < 1e6
    with torch.inference_mode():
        assert network(random_codes(1, 90)).shape == (1, 90, N_CHANNELS)
    hidden = network.config.hidden
    forget = network.encoder.recurrent.state_dict()["bias_ih_l0"][hidden : 2 * hidden]
    kept = 1 + forget.exp()
    assert kept.min() == pytest.approx(2)
    assert kept.max() == pytest.approx(100)


@pytest.fixture(scope="module")
def example_genome(example) -> LabelledGenome:
    return LabelledGenome(example / "genome.fa.gz", example / "genes.gff3.gz")


@pytest.mark.parametrize("counted", [True, False])
def test_statistics_alone_find_genes(counted, example_genome, tmp_path) -> None:
    config = NetworkConfig(filters=8, word=3, hidden=8, head=8, site_hidden=4, site_reach=6)
    torch.manual_seed(1)
    settings = TrainSettings(genomes=(example_genome,), output=tmp_path, network=config)
    begun = begin(settings, None, torch.device("cpu"))
    network, corpus = begun.network, begun.corpus
    (held_out,) = corpus.held_out
    assert np.diff(held_out.genes[0].transcripts[0].cds).sum() > 0
    grammar = corpus.grammar
    if counted:
        network = network.reading(corpus.statistics[0])
    with WindowScorer(network.eval(), torch.device("cpu")) as reader:
        genome = load_corpus([example_genome], [], []).groups[0][0]
        codes = genome.codes[:150_000]
        predicted = list(decode_contig(held_out.region.contig, reader.read(codes), grammar))
    truth = [choice.gene for choice in genome.targets.choices if choice.gene.end <= len(codes)]
    found = evaluate(truth, predicted)
    if counted:
        assert found.base.f1 > 0.8
        assert found.exon.f1 > 0.5
        assert found.gene.found >= 3
    else:
        assert found.exon.f1 < 0.2


def test_dropout_hides_features_in_training_only(tiny: NetworkConfig, lively) -> None:
    network = lively(replace(tiny, dropout=0.5))
    codes = random_codes(1)
    with torch.inference_mode():
        assert torch.equal(network(codes), network(codes))
        network.train()
        assert not torch.equal(network(codes), network(codes))


def test_the_network_adds_what_it_is_given(lively, tiny: NetworkConfig) -> None:
    network = lively(tiny)
    codes = torch.randint(0, 4, (2, 99))
    zeros = torch.zeros(4, 99, 4)
    with torch.no_grad():
        plain, same = network(codes), network(codes, SpeciesScores(zeros, zeros))
        more = network(codes, SpeciesScores(zeros + 1.0, zeros))
    assert torch.equal(plain, same)
    assert not torch.equal(plain, more)


def test_hidden_words_are_not_read(lively, tiny: NetworkConfig) -> None:
    network = lively(tiny)
    codes = random_codes(2, letters=4)
    other = (codes + 1) % 4
    added = SpeciesScores(torch.randn(4, SPAN, 4), torch.randn(4, SPAN, 4))
    labels = [strand + channel for strand in (0, STRAND_CHANNELS) for channel in range(START)]
    hidden = torch.tensor([True, False])
    with torch.inference_mode():
        found, changed = (network(bases, added, hidden)[:, :, labels] for bases in (codes, other))
        plain = network(codes, added)[:, :, labels]
    torch.testing.assert_close(found[0], changed[0])
    assert not torch.allclose(found[1], changed[1], atol=0.1)
    torch.testing.assert_close(found[1], plain[1])
    assert not torch.allclose(found[0], plain[0], atol=0.1)


def test_sites_without_words_are_scored_by_what_statistics_say(lively, tiny) -> None:
    """Where the sequence allows the same sites, the words between them do not matter."""
    network = lively(tiny)
    first = encode("ACCGTACCAGACATGCACTAACC" + "C" * 49)
    second = encode("CAAGTCAAAGCAATGACATAAAA" + "A" * 49)
    codes = torch.from_numpy(np.stack([first, second]))
    states, signals = torch.randn(2, 1, SPAN, 4)
    added = SpeciesScores(states.expand(4, SPAN, 4), signals.expand(4, SPAN, 4))
    with torch.inference_mode():
        found = network(codes, added, torch.tensor([True, True]))[:, :, START:STRAND_CHANNELS]
        shown = network(codes, added)[:, :, START:STRAND_CHANNELS]
    for signal, place in enumerate((12, 18, 3, 9)):
        torch.testing.assert_close(found[0, place, signal], found[1, place, signal])
        assert float((shown[0, place, signal] - shown[1, place, signal]).abs()) > 0.01
