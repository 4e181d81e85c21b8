"""Genes and their contigs into EMBL's flat file, as ENA takes it for an annotated assembly.

ENA fills in what is XXX, and takes a contig's name from the line ``AC * _NAME``. It translates for
itself.
"""

from collections.abc import Iterator

from genefinder.io.flat_file import FlatFileWriter, sequence_blocks


class EmblWriter(FlatFileWriter):
    """Writes EMBL records; see :class:`~genefinder.io.flat_file.FlatFileWriter`."""

    FEATURE_LINE = "FT   "

    def header(self, contig: str, letters: bytearray) -> str:
        """Return the lines before the features."""
        topology = "circular" if self.circular else "linear"
        lines = [
            f"ID   XXX; XXX; {topology}; genomic DNA; XXX; XXX; {len(letters)} BP.",
            "XX",
            "AC   XXX;",
            "XX",
            f"AC * _{contig}",
            "XX",
            "DE   XXX",
            "XX",
        ]
        if self.qualifiers.program is not None:
            lines += [f"CC   Genes were found by {' '.join(self.qualifiers.program)}.", "XX"]
        return "\n".join([*lines, "FH   Key             Location/Qualifiers", "FH", ""])

    def translation(self, residues: str) -> None:
        """Leave the translation to ENA."""

    def sequence(self, letters: bytearray) -> Iterator[str]:
        """Yield the lines behind the features."""
        counts = [letters.count(base) for base in (b"A", b"C", b"G", b"T")]
        counts.append(len(letters) - sum(counts))
        numbers = " ".join(
            f"{count} {base};" for count, base in zip(counts, [*"ACGT", "other"], strict=True)
        )
        yield f"XX\nSQ   Sequence {len(letters)} BP; {numbers}\n"
        for end, blocks in sequence_blocks(letters):
            yield f"     {blocks:<65}{end:>10}\n"
        yield "//\n"
