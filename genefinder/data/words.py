"""Words of bases by number."""

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N


def index_words(codes: Codes, length: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the index of the word that ends at each base, and whether all of it is known.

    Parameters
    ----------
    codes
        One strand in its own direction, shape ``(T,)``.
    length
        Bases a word.

    Returns
    -------
    tuple of ndarray
        Both of shape ``(T,)``; indices are in ``[0, 4**length)`` where the word is known, and say
        nothing elsewhere.
    """
    index = np.zeros(len(codes), dtype=np.int64)
    known = np.zeros(len(codes), dtype=np.bool_)
    known[length - 1 :] = True
    for offset in range(length):
        shifted = np.full(len(codes), N, dtype=np.int64)
        shifted[offset:] = codes[: max(0, len(codes) - offset)]
        index += shifted << (2 * offset)
        known &= shifted < N
    return index, known
