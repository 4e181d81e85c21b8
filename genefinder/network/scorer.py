"""Scores of whole contigs: windows -> network, in parallel and in order.

Memory is bounded by a contig's bases and a few windows.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from genefinder.data.read_windows import ReadWindow, cut_windows
from genefinder.dna import Codes, N
from genefinder.grammar.labels import N_CHANNELS
from genefinder.network.device import keep_freed_memory
from genefinder.network.network import GeneNetwork

WINDOW = 19_980
MARGIN = 999
"""Bases that a window sees on either side of those it answers for."""
PER_CALL = 2
"""Windows a call on the CPU: recurrent steps of one window alone cost almost as much as of two."""

Scores = npt.NDArray[np.float32]
Block = tuple[Codes, Scores]
_Row = tuple[Codes, ReadWindow]
"""What one row of a call reads: a window of a contig."""


def prepare_thread() -> None:
    """Make the calling thread compute alone and fast.

    Results must not depend on the number of threads, so each window is computed by one; denormal
    numbers, which slow the processor several times, count as zero.
    """
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


class WindowScorer:
    """Compute scores for contigs, windows in parallel, results in order.

    On the CPU a contig's windows are cut into calls of the network in one way, whatever the batch
    size, so that the bytes of the result depend on neither threads nor batches. Short contigs share
    calls: a call costs as much as a thousand bases.

    Parameters
    ----------
    network
        In evaluation mode.
    device
        Where the network runs.
    threads
        Calls computed at the same time on the CPU.
    batch_size
        Windows a call on a GPU; on the CPU, windows computed ahead by each thread.
    window
        Bases of a window; a contig that is no longer is read at once.

    Attributes
    ----------
    lookahead
        Calls of :meth:`read_all` worth beginning before they are needed.
    seconds
        Processor time of each call of the network.
    """

    def __init__(
        self,
        network: GeneNetwork,
        device: torch.device,
        threads: int = 1,
        batch_size: int = 8,
        window: int = WINDOW,
    ) -> None:
        """Move the network to the device and start the threads."""
        self._network = network.to(device)
        self._device = device
        self._stride = network.config.stride
        self._window = window
        self._per_call = batch_size if device.type == "cuda" else PER_CALL
        self._ahead = 2 if device.type == "cuda" else threads * -(-batch_size // PER_CALL)
        workers = threads if device.type == "cpu" else 1
        keep_freed_memory()
        self._pool = ThreadPoolExecutor(workers, "network", initializer=prepare_thread)
        self.lookahead = workers
        self.seconds: list[float] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the threads, dropping what has not begun."""
        self._pool.shutdown(cancel_futures=True)

    def read(self, codes: Codes) -> Iterator[Block]:
        """Return a contig's bases and scores, block by block from its start to its end.

        The first blocks are begun at once, so that the threads can work on contigs that are still
        to be decoded.
        """
        (blocks,) = self.read_all([codes])
        return blocks

    def read_all(self, contigs: Sequence[Codes]) -> list[Iterator[Block]]:
        """Return the blocks of each of several contigs, as :meth:`read` does.

        Short contigs of one padded length share calls of the network, and all of them are begun at
        once.
        """
        reading: list[Iterator[Block] | None] = [None] * len(contigs)
        short: dict[int, list[int]] = {}
        for number, codes in enumerate(contigs):
            if len(codes) > self._window:
                reading[number] = self._read_long(codes)
            else:
                short.setdefault(_padded(len(codes), self._stride), []).append(number)
        for span, numbers in short.items():
            most = max(1, self._per_call * self._window // max(1, span))
            for first in range(0, len(numbers), most):
                together = numbers[first : first + most]
                rows = [
                    (contigs[number], ReadWindow(0, span, 0, len(contigs[number])))
                    for number in together
                ]
                call = self._submit(rows)
                for row, number in enumerate(together):
                    reading[number] = _row_of(call, row)
        return [blocks for blocks in reading if blocks is not None]

    def _read_long(self, codes: Codes) -> Iterator[Block]:
        """Return the blocks of a contig of several windows; the first are begun at once."""
        calls = self._calls(codes)
        waiting = deque(map(self._submit, islice(calls, self._ahead)))
        return self._blocks(calls, waiting)

    def _blocks(
        self, calls: Iterator[list[_Row]], waiting: deque[Future[list[Block]]]
    ) -> Iterator[Block]:
        """Yield blocks in order, with the next ones always under way."""
        while waiting:
            blocks = waiting.popleft().result()
            waiting.extend(map(self._submit, islice(calls, 1)))
            yield from blocks

    def _submit(self, rows: list[_Row]) -> Future[list[Block]]:
        """Hand one call of the network to the threads."""
        return self._pool.submit(self._compute, rows)

    def _calls(self, codes: Codes) -> Iterator[list[_Row]]:
        """Yield the rows of each call for a long contig."""
        windows = cut_windows(len(codes), self._window - 2 * MARGIN, MARGIN)
        while together := list(islice(windows, self._per_call)):
            yield [(codes, window) for window in together]

    def _compute(self, rows: list[_Row]) -> list[Block]:
        """Run the network on the windows of one call, which are of one length."""
        begin = time.thread_time()
        read = np.stack([window.read(codes) for codes, window in rows])
        values = np.zeros((*read.shape, N_CHANNELS), dtype=np.float32)
        known = (read != N).any(axis=1)
        if known.any():
            with torch.inference_mode():
                scores = self._network(torch.from_numpy(read[known]).to(self._device))
                values[known] = scores.float().cpu().numpy()
        self.seconds.append(time.thread_time() - begin)
        return [
            (codes[window.start : window.end], values[row, window.core])
            for row, (codes, window) in enumerate(rows)
        ]


def _row_of(call: Future[list[Block]], row: int) -> Iterator[Block]:
    """Yield the block of one contig of a call."""
    yield call.result()[row]


def _padded(length: int, stride: int) -> int:
    """Return how many bases a window has that holds a whole short contig.

    A multiple of the stride, at most a sixteenth too many, and of few different values, because the
    network prepares itself for every new length, which takes as long as some thousand bases.
    """
    steps = -(-length // stride)
    grain = 1 << max(0, steps.bit_length() - 5)
    return -(-steps // grain) * grain * stride
