"""Genes and their contigs into GenBank's flat file."""

import textwrap
from collections.abc import Iterator

from genefinder.io.flat_file import UNIDENTIFIED, FlatFileWriter, sequence_blocks

_NO_DATE = "01-JAN-1980"
"""Stands where a date must; the same input gives the same bytes."""


class GenbankWriter(FlatFileWriter):
    """Writes GenBank records; see :class:`~genefinder.io.flat_file.FlatFileWriter`."""

    FEATURE_LINE = "     "

    def header(self, contig: str, letters: bytearray) -> str:
        """Return the lines before the features."""
        organism = self.qualifiers.organism or UNIDENTIFIED
        lines = [
            f"LOCUS       {contig:<16} {len(letters):>11} bp    DNA     "
            f"{'circular' if self.circular else 'linear':<8} UNK {_NO_DATE}",
            f"DEFINITION  {organism} {contig}.",
            f"ACCESSION   {contig}",
            f"VERSION     {contig}",
            "KEYWORDS    .",
            f"SOURCE      {organism}",
            f"  ORGANISM  {organism}",
            "            .",
        ]
        if self.qualifiers.program is not None:
            text = f"Genes were found by {' '.join(self.qualifiers.program)}."
            lines += textwrap.wrap(
                text, 79, initial_indent="COMMENT     ", subsequent_indent=" " * 12
            )
        return "\n".join([*lines, "FEATURES             Location/Qualifiers", ""])

    def sequence(self, letters: bytearray) -> Iterator[str]:
        """Yield the lines behind the features."""
        yield "ORIGIN\n"
        start = 1
        for end, blocks in sequence_blocks(letters):
            yield f"{start:>9} {blocks}\n"
            start = end + 1
        yield "//\n"
