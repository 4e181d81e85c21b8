import os
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genefinder.data.targets import ContigTargets, label_contig
from genefinder.dna import encode, reverse_complement
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar, Reason, segment_posteriors
from genefinder.grammar.labels import CHANNELS, LABEL_CHANNEL, LABELS, N_CHANNELS

GRAMMAR = Grammar(min_intron=20, min_exon=6)
DEEP = settings(max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "100")), deadline=None)


def named(targets: ContigTargets):
    """Signals as a set of names and positions."""
    return {
        (int(position), CHANNELS[channel])
        for position, channel in zip(targets.signal_positions, targets.signal_channels, strict=True)
    }


def test_forward_gene_base_by_base(toy, gene_of):
    transcript = toy.plant("t", [(30, 41), (71, 82), (102, 110)])
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    names = [LABELS[label] for label in targets.labels]
    assert names[29] == names[110] == "intergenic"
    assert names[30:41] == [f"exon{i % 3}+" for i in range(11)]
    assert set(names[41:71]) == {"intron2+"}
    assert names[71:82] == [f"exon{(i + 11) % 3}+" for i in range(11)]
    assert set(names[82:102]) == {"intron1+"}
    assert names[102:110] == [f"exon{(i + 22) % 3}+" for i in range(8)]
    assert named(targets) == {
        *((30, "start+"), (107, "stop+"), (41, "donor+"), (70, "acceptor+")),
        *((82, "donor+"), (101, "acceptor+")),
    }


def test_reverse_gene_base_by_base(toy, gene_of):
    transcript = toy.plant("t", [(30, 41), (71, 90)], "-")
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    names = [LABELS[label] for label in targets.labels]
    assert names[71:90][::-1] == [f"exon{i % 3}-" for i in range(19)]
    assert set(names[41:71]) == {"intron1-"}
    assert names[30:41][::-1] == [f"exon{(i + 19) % 3}-" for i in range(11)]
    assert named(targets) == {
        *((89, "start-"), (32, "stop-"), (70, "donor-"), (41, "acceptor-")),
    }


def test_signals_stand_on_the_bases_that_name_them(toy, gene_of):
    forward = toy.plant("f", [(30, 41), (71, 90)])
    backward = toy.plant("b", [(130, 141), (171, 190)], "-")
    targets = label_contig(toy.codes, [gene_of(forward), gene_of(backward)], GRAMMAR)
    letters = {"start": "A", "stop": "T", "donor": "G", "acceptor": "G"}
    for position, name in named(targets):
        code = toy.codes[position : position + 1]
        code = code if name[-1] == "+" else reverse_complement(code)
        assert code == encode(letters[name[:-1]])


@pytest.mark.parametrize("strand", "+-")
def test_blocked_are_the_grammar_steps_from_left_to_right(toy, gene_of, strand):
    transcript = toy.plant("t", [(30, 60), (100, 130)], strand)
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    assert targets.blocked.tolist() == [[30, 36], [60, 80], [98, 106], [127, 130]]


def test_steps_that_share_bases_are_blocked_together(toy, gene_of):
    transcript = toy.plant("t", [(30, 38), (58, 65)])
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    assert targets.blocked.tolist() == [[30, 36], [38, 65]]


def test_segments_are_drawn_in_to_whole_steps(toy, gene_of):
    transcript = toy.plant("t", [(30, 60), (100, 130)])
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    assert targets.segments(0, 400).tolist() == [[0, 400]]
    assert targets.segments(30, 60).tolist() == [[30, 60]]
    assert targets.segments(31, 79).tolist() == [[36, 60]]
    assert targets.segments(61, 79).tolist() == []
    assert targets.segments(61, 100).tolist() == [[80, 98]]


def test_signals_of_a_window(toy, gene_of):
    transcript = toy.plant("t", [(30, 60), (100, 130)])
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR)
    positions, channels = targets.signals(60, 127)
    assert positions.tolist() == [60, 99]
    assert [CHANNELS[channel] for channel in channels] == ["donor+", "acceptor+"]


def test_unusable_genes_are_masked_over_their_transcripts(toy, gene_of):
    transcript = toy.plant("t", [(30, 60), (100, 130)])
    broken = replace(transcript, exons=((20, 60), (100, 140)), cds=((30, 60), (100, 131)))
    silent = Transcript("s", "toy", "+", ((200, 250),), ())
    targets = label_contig(toy.codes, [gene_of(broken), gene_of(silent)], GRAMMAR)
    assert targets.masked.tolist() == [[20, 140]]
    assert named(targets) == set()
    assert not targets.labels.any()
    assert targets.choices[0].rejected == {"t": Reason.FRAME}
    assert list(targets.transcripts()) == []


def test_a_mask_grows_to_whole_steps(toy, gene_of):
    transcript = toy.plant("t", [(30, 60), (100, 130)])
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR, [(50, 70), (390, 500)])
    assert targets.masked.tolist() == [[50, 80], [390, 400]]
    assert named(targets) == {(30, "start+"), (99, "acceptor+"), (127, "stop+")}
    assert targets.blocked.tolist() == [[30, 36], [98, 106], [127, 130]]
    assert targets.segments(0, 400).tolist() == [[0, 50], [80, 390]]
    assert np.flatnonzero(targets.masked_bases()).tolist() == [*range(50, 80), *range(390, 400)]


@pytest.mark.parametrize("strands", ["+-", "-+"])
def test_the_overlap_of_coding_spans_is_masked_in_both(toy, gene_of, strands):
    first = toy.plant("a", [(30, 60), (150, 180)], strands[0])
    other = toy.plant("b", [(165, 210)], strands[1])
    targets = label_contig(toy.codes, [gene_of(first), gene_of(other)], GRAMMAR)
    assert targets.overlapped == ("gene-a", "gene-b")
    assert targets.masked.tolist() == [[165, 180]]
    assert {name[:-1] for place, name in named(targets) if place < 165} >= {"donor", "acceptor"}


def test_a_gene_nested_in_an_intron_masks_the_intron_there_only(toy, gene_of):
    outer = toy.plant("outer", [(30, 60), (250, 280)])
    inner = toy.plant("inner", [(120, 150)], "-")
    targets = label_contig(toy.codes, [gene_of(outer), gene_of(inner)], GRAMMAR)
    assert targets.overlapped == ("gene-outer", "gene-inner")
    assert targets.masked.tolist() == [[120, 150]]
    assert {name for _, name in named(targets)} == {"start+", "donor+", "acceptor+", "stop+"}


def test_abutting_genes_and_shared_untranslated_exons_are_kept(toy, gene_of):
    first = replace(toy.plant("a", [(30, 60)]), exons=((20, 100),))
    other = replace(toy.plant("b", [(60, 90)], "-"), exons=((40, 100),))
    targets = label_contig(toy.codes, [gene_of(first), gene_of(other)], GRAMMAR)
    assert targets.masked.tolist() == []
    assert targets.overlapped == ()
    assert targets.blocked.tolist() == [[30, 36], [57, 60], [60, 66], [87, 90]]


def test_unread_transcripts_are_masked_where_no_gene_is_used(toy, gene_of):
    transcript = toy.plant("t", [(30, 60), (100, 130)])
    unread = [(120, 160), (200, 240)]
    targets = label_contig(toy.codes, [gene_of(transcript)], GRAMMAR, unread=unread)
    assert targets.masked.tolist() == [[200, 240]]


def test_isoforms_are_kept_beside_the_labels(toy, gene_of):
    shorter = toy.plant("t", [(30, 60), (100, 130), (160, 190)])
    toy.write(66, "GT")
    longer = replace(shorter, id="u", cds=((30, 66), *shorter.cds[1:]))
    skipping = replace(shorter, id="v", cds=((30, 60), (160, 190)))
    twin = replace(skipping, id="w")
    other = toy.plant("x", [(220, 250)])
    genes = [gene_of(shorter, longer, twin, skipping), gene_of(other)]
    targets = label_contig(toy.codes, genes, GRAMMAR)
    assert targets.masked.tolist() == []
    assert [(isoform.start, isoform.end) for isoform in targets.isoforms] == [(30, 190)]
    first, *others = (form.cds for form in targets.isoforms[0].transcripts)
    assert first == longer.cds
    assert set(others) == {shorter.cds, skipping.cds}
    # No window may end inside a step of any of the forms.
    assert [60, 86] in targets.blocked.tolist()


def test_isoforms_that_touch_another_gene_or_a_mask_are_left_out(toy, gene_of):
    chosen = toy.plant("t", [(30, 60), (100, 130), (160, 190)])
    skipping = replace(chosen, id="u", cds=((30, 60), (160, 190)))
    gene, inner = gene_of(chosen, skipping), toy.plant("inner", [(70, 85)], "-")
    assert label_contig(toy.codes, [gene], GRAMMAR).isoforms
    assert not label_contig(toy.codes, [gene, gene_of(inner)], GRAMMAR).isoforms
    assert not label_contig(toy.codes, [gene], GRAMMAR, [(180, 200)]).isoforms


def test_an_empty_contig():
    targets = label_contig(encode(""), [], GRAMMAR)
    assert len(targets) == 0
    assert targets.segments(0, 0).tolist() == []


@st.composite
def annotated(draw, toy_contig):
    """A contig with up to four well-formed genes, which may overlap, and a mask."""
    toy = toy_contig(600)
    transcripts = []
    for number in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, 300))
        chain, coding = [], 0
        for _ in range(draw(st.integers(0, 2))):
            exon = draw(st.integers(6, 40))
            chain.append((position, position + exon))
            coding += exon
            position += exon + draw(st.integers(20, 60))
        exon = draw(st.integers(3, 14)) * 3 + -coding % 3
        chain.append((position, position + exon))
        transcripts.append(toy.plant(f"t{number}", chain, draw(st.sampled_from("+-"))))
    edges = draw(st.lists(st.integers(0, 600), min_size=2, max_size=4, unique=True).map(sorted))
    return toy, transcripts, list(pairwise(edges))[::2]


@given(st.data())
@DEEP
def test_the_reverse_complement_is_labelled_as_the_mirror(toy_contig, data):
    toy, transcripts, _ = data.draw(annotated(toy_contig))
    size = len(toy.codes)

    def mirror(transcript: Transcript) -> Transcript:
        cds = tuple((size - end, size - start) for start, end in transcript.cds[::-1])
        return replace(
            transcript, strand="-" if transcript.strand == "+" else "+", cds=cds, exons=cds
        )

    def genes(chosen) -> list[Gene]:
        return [
            Gene(transcript.id, "toy", transcript.strand, (transcript,)) for transcript in chosen
        ]

    ahead = label_contig(toy.codes, genes(transcripts), GRAMMAR)
    back = label_contig(
        reverse_complement(toy.codes),
        genes(mirror(transcript) for transcript in transcripts),
        GRAMMAR,
    )
    assert [choice.rejected for choice in ahead.choices] == [
        choice.rejected for choice in back.choices
    ]
    swap = np.array([0, *range(7, 13), *range(1, 7)])
    free = ~ahead.masked_bases() & ~back.masked_bases()[::-1]
    assert (swap[ahead.labels] == back.labels[::-1])[free].all()
    mirrored = {(size - 1 - place, name[:-1], name[-1]) for place, name in named(back)}
    flip = {"+": "-", "-": "+"}
    assert {site for site in mirrored if free[site[0]]} == {
        (place, name[:-1], flip[name[-1]]) for place, name in named(ahead) if free[place]
    }


@given(st.data())
@DEEP
def test_segments_hold_whole_steps_and_only_trusted_bases(toy_contig, data):
    toy, transcripts, mask = data.draw(annotated(toy_contig))
    genes = [
        Gene(transcript.id, "toy", transcript.strand, (transcript,)) for transcript in transcripts
    ]
    targets = label_contig(toy.codes, genes, GRAMMAR, mask)
    start, end = data.draw(
        st.lists(st.integers(0, 600), min_size=2, max_size=2, unique=True).map(sorted)
    )
    whole = label_contig(toy.codes, genes, GRAMMAR).blocked
    learned = np.zeros(600, dtype=bool)
    for low, high in targets.segments(start, end):
        assert start <= low < high <= end
        learned[low:high] = True
        for cut in (low, high):
            assert not ((targets.blocked[:, 0] < cut) & (cut < targets.blocked[:, 1])).any()
    masked = targets.masked_bases()
    assert not (learned & masked).any()
    for low, high in mask:
        assert masked[low:high].all()
    for low, high in whole:
        assert learned[low:high].all() or not learned[low:high].any()
    # Every base that is learned belongs to one chain at most.
    depth = np.zeros(600, dtype=int)
    for transcript in targets.transcripts():
        depth[transcript.start : transcript.end] += 1
    assert depth[learned].max(initial=0) <= 1
    for choice in targets.choices:
        if choice.unusable:
            span = choice.gene.transcripts[0]
            assert masked[span.start : span.end].all()


@given(st.data())
@DEEP
def test_the_grammar_spells_every_segment(toy_contig, data):
    toy, transcripts, mask = data.draw(annotated(toy_contig))
    genes = [
        Gene(transcript.id, "toy", transcript.strand, (transcript,)) for transcript in transcripts
    ]
    targets = label_contig(toy.codes, genes, GRAMMAR, mask)
    cut = data.draw(st.integers(0, 600))
    segments = np.concatenate((targets.segments(0, cut), targets.segments(cut, 600)))
    path = np.zeros((600, N_CHANNELS), dtype=np.float32)
    for start, end in segments:
        channels = np.array(LABEL_CHANNEL)[targets.labels[start:end]]
        coded = np.flatnonzero(channels >= 0)
        path[start + coded, channels[coded]] = 1
        positions, channels = targets.signals(start, end)
        path[positions, channels] = 1
    # Scores for the labels and against all else leaves their path alone, if there is one.
    log_z, posterior = segment_posteriors(toy.codes, 16 * path - 8, segments, GRAMMAR)
    assert log_z == pytest.approx(8 * path.sum(), abs=0.01)
    assert np.abs(posterior - path).max() < 0.01
