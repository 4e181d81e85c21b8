"""DNA as small integers: A, C, G, T are 0 to 3, every other letter is 4 (N)."""

import numpy as np
import numpy.typing as npt

A, C, G, T, N = range(5)
BASES = "ACGTN"

Codes = npt.NDArray[np.uint8]

_ENCODE = np.full(256, N, dtype=np.uint8)
for _code, _letters in enumerate(("Aa", "Cc", "Gg", "TtUu")):
    for _letter in _letters:
        _ENCODE[ord(_letter)] = _code
_DECODE = np.frombuffer(BASES.encode(), dtype=np.uint8)
_COMPLEMENT = np.array([T, G, C, A, N], dtype=np.uint8)


def encode(sequence: str | bytes | bytearray) -> Codes:
    """Turn nucleotide letters into codes.

    Parameters
    ----------
    sequence
        Letters of either case; U counts as T; IUPAC ambiguity codes and anything else become N.

    Returns
    -------
    Codes
        Array of shape ``(len(sequence),)``.
    """
    if isinstance(sequence, str):
        sequence = sequence.encode("ascii", "replace")
    return _ENCODE[np.frombuffer(sequence, dtype=np.uint8)]


def decode(codes: Codes) -> str:
    """Turn codes back into upper-case letters."""
    return _DECODE[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """Return the opposite strand, read in its own direction."""
    return _COMPLEMENT[codes[::-1]]
