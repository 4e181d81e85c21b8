import numpy as np
import pytest

from genefinder.data.read_windows import cut_windows
from genefinder.dna import N


@pytest.mark.parametrize("block", [None, 9])
@pytest.mark.parametrize("length", [1, 8, 9, 100, 891, 901, 2_000])
def test_windows_answer_for_everything_once(length: int, block: int | None) -> None:
    codes = np.random.default_rng(1).integers(0, 4, length).astype(np.uint8)
    windows = list(cut_windows(length, 900, 198, block=block))
    assert [window.start for window in windows[1:]] == [window.end for window in windows[:-1]]
    assert (windows[0].start, windows[-1].end) == (0, length)
    read = [window.read(codes) for window in windows]
    cores = [bases[window.core] for window, bases in zip(windows, read, strict=True)]
    np.testing.assert_array_equal(np.concatenate(cores), codes)
    for window, bases in zip(windows, read, strict=True):
        assert len(bases) == window.length
        assert (window.length % 9, window.first % 9, window.start - window.first) == (0, 0, 198)
        place = np.arange(window.first, window.first + window.length)
        outside = (place < 0) | (place >= length)
        assert (bases[outside] == N).all()
        assert (bases[~outside] < N).all()


def test_the_last_window_is_as_long_as_all_or_ends_behind_its_last_block() -> None:
    assert [window.length for window in cut_windows(2_000, 900, 198)] == [1_296] * 3
    last = 198 + 207 + 198
    assert [window.length for window in cut_windows(2_000, 900, 198, block=9)] == [
        1_296,
        1_296,
        last,
    ]
