"""The index by which tabix and genome browsers enter a table of genes."""

import os
import secrets
from contextlib import suppress

from genefinder.errors import InputError

_TBI_LIMIT = 1 << 29
"""Bases that an index of the usual form (``.tbi``) can count to."""


def write_index(path: str | os.PathLike[str], longest: int) -> str:
    """Write the index of a GFF3 or GTF file that is compressed with bgzip, beside it.

    Parameters
    ----------
    path
        The file, complete and sorted.
    longest
        Bases of the longest contig. Beyond 512 Mb the index is of the newer form, ``.csi``.

    Returns
    -------
    str
        Its name. It appears when it is complete.

    Raises
    ------
    InputError
        The index cannot be written.
    """
    import pysam

    csi = longest > _TBI_LIMIT
    path = os.fspath(path)
    index = f"{path}.csi" if csi else f"{path}.tbi"
    folder, base = os.path.split(index)
    partial = os.path.join(folder, f".{base}.{secrets.token_hex(4)}.partial")
    try:
        pysam.tabix_index(path, preset="gff", index=partial, csi=csi, keep_original=True)
        os.replace(partial, index)
    except OSError as error:
        raise InputError(f"{index}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            os.unlink(partial)
    return index
