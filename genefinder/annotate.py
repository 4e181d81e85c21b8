"""From a genome to genes: contigs -> windows -> network -> grammar -> genes.

The pieces are generators, so memory is bounded by a contig's bases, a few windows and the decoder's
buffer.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from genefinder.allocator import keep_freed_memory
from genefinder.decoding import Grammar, decode_contig
from genefinder.decoding.calibration import Calibration
from genefinder.dna import Codes, N
from genefinder.errors import DeviceError
from genefinder.genes import Gene, Interval
from genefinder.io.fasta import Contig
from genefinder.labels import N_CHANNELS
from genefinder.network.model import GeneNetwork

WINDOW = 19_980
MARGIN = 999
"""Bases that a window sees on either side of those it answers for."""
PER_CALL = 2
"""Windows a call on the CPU: recurrent steps of one window alone cost almost as much as of two."""
_BASES_AHEAD = 1_000_000
"""Bases of contigs begun before they are needed, at most."""

Evidence = npt.NDArray[np.float32]
Block = tuple[Codes, Evidence]


@dataclass(frozen=True, slots=True)
class AnnotatedContig:
    """A contig and what was found on it.

    Attributes
    ----------
    contig
        Its name and bases.
    genes
        By ascending start; without ids.
    skipped
        Why the contig was not searched, or ``None``.
    """

    contig: Contig
    genes: tuple[Gene, ...]
    skipped: str | None = None


def choose_device(wanted: str) -> torch.device:
    """Turn ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` into a device.

    Raises
    ------
    DeviceError
        If the device asked for is unknown or absent.
    """
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise DeviceError(f"unknown device {wanted!r}: choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise DeviceError(
            f"device {wanted} was asked for, but {found or 'no'} CUDA device(s) were found; "
            "use --device cpu or auto"
        )
    return device


def prepare_thread() -> None:
    """Make the calling thread compute alone and fast.

    Results must not depend on the number of threads, so each window is computed by one; denormal
    numbers, which slow the processor several times, count as zero.
    """
    keep_freed_memory()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


class EvidenceReader:
    """Compute evidence for contigs, windows in parallel, results in order.

    On the CPU a contig's windows are cut into calls of the network in one way, whatever the batch
    size, so that the bytes of the result depend on neither threads nor batches.

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

    Attributes
    ----------
    lookahead
        Contigs worth beginning before they are needed.
    seconds
        Processor time of each call of the network.
    """

    def __init__(
        self, network: GeneNetwork, device: torch.device, threads: int = 1, batch_size: int = 8
    ) -> None:
        """Move the network to the device and start the threads."""
        self._network = network.to(device)
        self._device = device
        self._stride = network.config.stride
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
        """Return a contig's bases and evidence, block by block from its start to its end.

        The first blocks are begun at once, so that the threads can work on contigs that are still
        to be decoded.
        """
        calls = self._calls(codes)
        waiting = deque(self._submit(codes, call) for call in islice(calls, self._ahead))
        return self._blocks(codes, calls, waiting)

    def _blocks(
        self,
        codes: Codes,
        calls: Iterator[list[Interval]],
        waiting: deque[Future[list[Block]]],
    ) -> Iterator[Block]:
        """Yield blocks in order, with the next ones always under way."""
        while waiting:
            blocks = waiting.popleft().result()
            waiting.extend(self._submit(codes, call) for call in islice(calls, 1))
            yield from blocks

    def _submit(self, codes: Codes, call: list[Interval]) -> Future[list[Block]]:
        """Hand one call of the network to the threads."""
        return self._pool.submit(self._compute, codes, call)

    def _calls(self, codes: Codes) -> Iterator[list[Interval]]:
        """Yield the cores ``[start, end)`` of the windows of each call."""
        step = WINDOW - 2 * MARGIN
        if len(codes) <= WINDOW:
            yield [(0, len(codes))]
            return
        cores = [(start, min(start + step, len(codes))) for start in range(0, len(codes), step)]
        for first in range(0, len(cores), self._per_call):
            yield cores[first : first + self._per_call]

    def _compute(self, codes: Codes, cores: list[Interval]) -> list[Block]:
        """Run the network on the windows of one call."""
        begin = time.thread_time()
        whole = len(codes) <= WINDOW
        margin = 0 if whole else MARGIN
        span = _padded(len(codes), self._stride) if whole else WINDOW
        windows = np.full((len(cores), span), N, dtype=np.uint8)
        for row, (start, _) in enumerate(cores):
            low, high = max(0, start - margin), min(len(codes), start - margin + span)
            windows[row, low - start + margin : high - start + margin] = codes[low:high]
        values = np.zeros((*windows.shape, N_CHANNELS), dtype=np.float32)
        known = (windows != N).any(axis=1)
        if known.any():
            with torch.inference_mode():
                evidence = self._network(torch.from_numpy(windows[known]).to(self._device))
                values[known] = evidence.float().cpu().numpy()
        self.seconds.append(time.thread_time() - begin)
        return [
            (codes[start:end], values[row, margin : margin + end - start])
            for row, (start, end) in enumerate(cores)
        ]


def annotate(
    contigs: Iterable[Contig],
    reader: EvidenceReader,
    grammar: Grammar,
    min_posterior: float,
    min_contig: int = 0,
    calibration: Calibration | None = None,
) -> Iterator[AnnotatedContig]:
    """Find the genes of every contig, in the order given.

    Parameters
    ----------
    contigs
        The genome.
    reader
        The network.
    grammar
        What a gene may look like.
    min_posterior
        Genes below this posterior, calibrated, are left out.
    min_contig
        Contigs shorter than this are skipped.
    calibration
        Of the posteriors; ``None`` leaves them as they are.
    """
    calibration = calibration or Calibration()
    waiting: deque[tuple[Contig, str | None, Iterator[Block]]] = deque()
    bases = 0
    for contig in contigs:
        reason = _reason_to_skip(contig, min_contig)
        blocks = reader.read(contig.codes) if reason is None else iter(())
        waiting.append((contig, reason, blocks))
        bases += len(contig)
        del contig, blocks  # or it would stay in memory beside the next
        while waiting and (len(waiting) > reader.lookahead or bases > _BASES_AHEAD):
            bases -= len(waiting[0][0])
            yield _annotate_one(*waiting.popleft(), grammar, min_posterior, calibration)
    while waiting:
        yield _annotate_one(*waiting.popleft(), grammar, min_posterior, calibration)


def _annotate_one(
    contig: Contig,
    skipped: str | None,
    blocks: Iterator[Block],
    grammar: Grammar,
    min_posterior: float,
    calibration: Calibration,
) -> AnnotatedContig:
    """Decode one contig."""
    if skipped is not None:
        return AnnotatedContig(contig, (), skipped)
    genes = map(calibration.apply, decode_contig(contig.name, blocks, grammar))
    kept = tuple(gene for gene in genes if (gene.posterior or 0.0) >= min_posterior)
    return AnnotatedContig(contig, kept)


def _padded(length: int, stride: int) -> int:
    """Return how many bases a window has that holds a whole short contig.

    A multiple of the stride, at most a sixteenth too many, and of few different values, because the
    network prepares itself for every new length, which takes as long as some thousand bases.
    """
    steps = -(-length // stride)
    grain = 1 << max(0, steps.bit_length() - 5)
    return -(-steps // grain) * grain * stride


def _reason_to_skip(contig: Contig, min_contig: int) -> str | None:
    """Tell why a contig is not searched."""
    if len(contig) == 0:
        return "empty record"
    if len(contig) < min_contig:
        return f"shorter than --min-contig {min_contig}"
    if bool((contig.codes == N).all()):
        return "only N"
    return None
