"""Toy tasks that need memory, and the recurrent cells that are to solve them.

The adding problem (Hochreiter and Schmidhuber 1997): sum the two marked numbers of a long sequence;
always answering 1 has a mean squared error of 1/6. The copy task (after Arjovsky et al. 2016): tell
ten symbols that stood at the start of a long blank sequence, all from the last state; chance is one
in eight.
"""

import math
import time
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.network.layers import recurrent_layer

CELLS = ("rnn", "lstm_forget_0", "lstm_forget_1", "lstm_spread", "gru", "pooled", "pooled_spread")
TASKS = ("adding", "copy")
STRIDE = 9
SOLVED = 0.05
"""Score that counts as solved."""
_SYMBOLS, _LENGTH = 8, 10
_CLIP = 1.0
_RATE = 5e-3
_BETWEEN_TESTS = 50
_MEMORY = 200


class Reader(nn.Module):
    """A recurrent cell over a sequence, and an answer from its last state.

    Parameters
    ----------
    cell
        One of :data:`CELLS`. ``pooled`` is what this project's encoder does: nine steps are pooled
        into one before an LSTM whose forget gate starts open. ``spread`` cells start with memories
        of 2 to 200 steps.
    inputs, hidden, outputs
        Widths.
    """

    def __init__(self, cell: str, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.stride = STRIDE if cell.startswith("pooled") else 1
        width = hidden if self.stride > 1 else inputs
        self.pool = nn.Linear(inputs * STRIDE, hidden) if self.stride > 1 else None
        self.cell: nn.Module
        if cell == "rnn":
            self.cell = nn.RNN(width, hidden, batch_first=True)
        elif cell == "gru":
            self.cell = nn.GRU(width, hidden, batch_first=True)
        else:
            bias = 0.0 if cell == "lstm_forget_0" else 1.0
            self.cell = recurrent_layer(
                "lstm", width, hidden, bias, _MEMORY if cell.endswith("spread") else 0
            )
        self.answer = nn.Linear(hidden, outputs)

    def states(self, sequence: Tensor) -> Tensor:
        """Map ``(B, T, inputs)`` to ``(B, T / stride, hidden)``."""
        if self.pool is not None:
            short = -sequence.shape[1] % self.stride
            sequence = functional.pad(sequence, (0, 0, short, 0))  # early, so that the end is kept
            sequence = functional.relu(
                self.pool(sequence.reshape(len(sequence), -1, self.pool.in_features))
            )
        states: Tensor = self.cell(sequence)[0]
        return states

    def forward(self, sequence: Tensor) -> Tensor:
        """Map ``(B, T, inputs)`` to ``(B, outputs)``."""
        answer: Tensor = self.answer(self.states(sequence)[:, -1])
        return answer


def draw(task: str, length: int, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw sequences ``(B, T, inputs)`` and their answers: ``(B,)`` sums, ``(B, 10)`` symbols."""
    if task == "adding":
        values = torch.rand(batch, length, generator=generator)
        half = length // 2
        first = torch.randint(0, half, (batch, 1), generator=generator)
        second = torch.randint(half, length, (batch, 1), generator=generator)
        marks = torch.zeros(batch, length).scatter(1, torch.cat([first, second], 1), 1.0)
        return torch.stack([values, marks], 2), (values * marks).sum(1)
    symbols = torch.randint(0, _SYMBOLS, (batch, _LENGTH), generator=generator)
    blank = torch.full((batch, length - _LENGTH), _SYMBOLS)
    every = torch.cat([symbols, blank], 1)
    return functional.one_hot(every, _SYMBOLS + 1).float(), symbols


def build(cell: str, task: str, hidden: int) -> Reader:
    """Build a reader for a task."""
    inputs, outputs = (2, 1) if task == "adding" else (_SYMBOLS + 1, _LENGTH * _SYMBOLS)
    return Reader(cell, inputs, hidden, outputs)


def solve(
    cell: str, task: str, length: int, *, hidden: int, seconds: float, batch: int, seed: int
) -> dict[str, Any]:
    """Train a cell on a task until it is solved or the time is used up, and test it.

    Parameters
    ----------
    cell, task, length
        What is to learn what, over how many steps.
    hidden, batch, seed
        Of the cell and its training.
    seconds
        Processor time, at most.

    Returns
    -------
    dict
        ``score``: share of the error without memory that is left for adding (0 is solved, 1 is
        nothing learnt), share of symbols told wrong for copy (0 is solved, 0.875 is chance);
        ``solved`` (score of at most :data:`SOLVED`), ``cpu_seconds``, ``steps``, ``parameters``.
    """
    torch.manual_seed(seed)
    reader = build(cell, task, hidden)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(reader.parameters(), _RATE)
    begin = time.process_time()
    score, steps = _test(reader, task, length, batch, seed), 0
    while score > SOLVED and time.process_time() - begin < seconds:
        for _ in range(_BETWEEN_TESTS):
            sequence, wanted = draw(task, length, batch, generator)
            loss = _loss(task, reader(sequence), wanted)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(reader.parameters(), _CLIP)
            optimizer.step()
            steps += 1
            if time.process_time() - begin >= seconds:
                break
        score = _test(reader, task, length, batch, seed)
    return {
        "score": round(score, 4),
        "solved": score <= SOLVED,
        "cpu_seconds": round(time.process_time() - begin, 1),
        "steps": steps,
        "parameters": sum(parameter.numel() for parameter in reader.parameters()),
    }


@torch.no_grad()
def _test(reader: Reader, task: str, length: int, batch: int, seed: int) -> float:
    """Return the score on sequences that training does not draw."""
    generator = torch.Generator().manual_seed(seed + 1_000_000)
    sequence, wanted = draw(task, length, 4 * batch, generator)
    answer = reader(sequence)
    if task == "adding":
        return float(functional.mse_loss(answer[:, 0], wanted) / (1 / 6))
    reported = answer.view(-1, _LENGTH, _SYMBOLS).argmax(2)
    return float((reported != wanted).float().mean())


def gradient_norms(cell: str, length: int, *, hidden: int, seed: int) -> dict[str, float]:
    """Measure how the last state's gradient fades with distance, before any training.

    Returns
    -------
    dict
        Norm of the gradient of a random sum over the last state with respect to inputs so many
        steps before (in bases for ``pooled`` too), over that at the last ones: decimal logarithm.
    """
    torch.manual_seed(seed)
    reader = build(cell, "adding", hidden)
    sequence = torch.randn(8, length, 2).requires_grad_()
    last = reader.states(sequence)[:, -1]
    (last * torch.randn_like(last)).sum().backward()  # type: ignore[no-untyped-call]
    gradient = sequence.grad
    if gradient is None:
        raise RuntimeError("no gradient reached the input")
    norms = gradient.double().pow(2).sum((0, 2)).sqrt().flip(0)
    nearest = float(norms[:STRIDE].mean())
    steps = {round(10 ** (step / 4)) for step in range(4, 17)}
    distances = sorted(step for step in steps if step + STRIDE <= length)
    return {
        str(distance): round(
            math.log10(max(float(norms[distance : distance + STRIDE].mean()) / nearest, 1e-300)), 2
        )
        for distance in distances
    }


def _loss(task: str, answer: Tensor, wanted: Tensor) -> Tensor:
    if task == "adding":
        return functional.mse_loss(answer[:, 0], wanted)
    return functional.cross_entropy(answer.view(-1, _LENGTH, _SYMBOLS).mT, wanted)
