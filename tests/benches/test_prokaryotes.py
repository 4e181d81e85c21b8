import numpy as np

from benches.prokaryotes import shuffle_upstream
from genefinder.genes import Gene, Transcript
from genefinder.io.contigs import Contig


def gene(start: int, end: int, strand) -> Gene:
    chain = ((start, end),)
    return Gene("g", "c", strand, (Transcript("g", "c", strand, chain, chain),))


def test_the_bases_before_starts_alone_are_shuffled():
    codes = np.random.default_rng(2).integers(0, 4, 400).astype(np.uint8)
    genes = [gene(12, 90, "+"), gene(150, 240, "+"), gene(250, 340, "-"), gene(345, 395, "-")]
    (shuffled,) = shuffle_upstream([Contig("c", codes)], genes)
    upstream = [(0, 12), (130, 150), (340, 360), (395, 400)]
    elsewhere = np.ones(400, dtype=bool)
    for start, end in upstream:
        elsewhere[start:end] = False
        before, after = codes[start:end], shuffled.codes[start:end]
        assert sorted(before) == sorted(after)
    assert (shuffled.codes[elsewhere] == codes[elsewhere]).all()
    assert (shuffled.codes[130:150] != codes[130:150]).any()
    (again,) = shuffle_upstream([Contig("c", codes)], genes)
    assert (again.codes == shuffled.codes).all()
