import numpy as np

from genefinder.data.start_motifs import NEAREST, SPACERS, StartMotifs
from genefinder.dna import encode
from genefinder.interpret.start_motifs import describe_start_motifs, write_start_motifs


def motifs(*words: tuple[str, float, int]) -> StartMotifs:
    """Motifs by their word, share of the starts, and most usual spacer."""
    weights = np.full((len(words), 4, 6), -1.0, dtype=np.float32)
    spacers = np.zeros((len(words), SPACERS), dtype=np.float32)
    for number, (word, share, spacer) in enumerate(words):
        weights[number, encode(word), np.arange(6)] = 1.5
        place = spacer - NEAREST
        spacers[number, place - 1 : place + 2] = np.array([0.2, 0.6, 0.2]) * share
    return StartMotifs(weights, spacers)


def test_the_word_that_pairs_with_ribosomes_is_named(tmp_path):
    found = list(
        describe_start_motifs(motifs(("TATAAT", 0.3, 27), ("GGAGGT", 0.6, 7), ("AGGAGG", 0.05, 30)))
    )
    assert [(motif.word, motif.name, motif.spacer) for motif in found] == [
        ("GGAGGT", "Shine-Dalgarno", 7),
        ("TATAAT", "", 27),
        ("AGGAGG", "", 30),  # too far from the start
    ]
    assert [(motif.nearest, motif.farthest) for motif in found] == [(6, 8), (26, 28), (29, 31)]
    write_start_motifs(tmp_path / "start_motifs.tsv", found)
    lines = (tmp_path / "start_motifs.tsv").read_text().splitlines()
    assert lines[1] == "GGAGGT\tShine-Dalgarno\t0.6\t7\t6\t8"
    assert lines[2].startswith("TATAAT\tNA\t0.3")
