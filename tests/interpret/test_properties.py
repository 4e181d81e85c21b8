"""Properties of bases that probes ask for."""

from dataclasses import replace

import numpy as np
import pytest

from genefinder.interpret.properties import GC_SPAN, look_up


def test_properties_of_planted_genes(planted, sequences) -> None:
    sequence = sequences[0]
    length = len(sequence)
    for side in (0, 1):
        reading = sequence.readings()[side]
        positions = np.arange(length)
        found = look_up(sequence, side, positions)
        charge = np.full(length, np.nan)
        codon_position = np.full(length, -1)
        for contig, strand, cds in planted.genes:
            if contig != "one" or "+-".index(strand) != side:
                continue
            if side:
                cds = [(length - end, length - start) for start, end in cds[::-1]]
            where = [base for start, end in cds for base in range(start, end)]
            letters = "".join("ACGTN"[reading.codes[position]] for position in where)
            total = 0
            for index, position in enumerate(where):
                if index % 3 == 2:
                    codon = letters[index - 2 : index + 1]
                    total += codon in ("AAA", "AAG") or codon[:2] == "CG" or codon in ("AGA", "AGG")
                    total -= codon[:2] == "GA"
                charge[position], codon_position[position] = total, index % 3
        coding = found.subsets["coding"]
        np.testing.assert_array_equal(coding, ~np.isnan(charge))
        np.testing.assert_array_equal(found.values["protein_charge"][coding], charge[coding])
        np.testing.assert_array_equal(
            found.values["codon_position"][coding], codon_position[coding]
        )
        assert (found.values["strand"][coding] == 0).all()
        for position in (999, 1_500, length - 1):
            window = reading.codes[position + 1 - GC_SPAN : position + 1]
            share = np.isin(window, (1, 2)).mean()
            assert found.values["gc_1kb"][position] == pytest.approx(share)
        assert not found.subsets["kilobase"][:999].any()
        sites = reading.positions[np.isin(reading.channels % 10, (8, 9))]
        far = np.abs(positions[:, None] - sites).min(1)
        inside = found.subsets["splice"]
        np.testing.assert_allclose(
            10 ** found.values["splice_distance"][inside] - 1, far[inside], atol=1e-6
        )
        assert (far[inside] <= 1_000).all()


def test_masked_bases_have_no_properties(sequences) -> None:
    sequence = sequences[0]
    masked = sequence.masked.copy()
    low, high = sequence.transcripts[0].start, sequence.transcripts[0].end
    masked[low:high] = True
    some = replace(sequence, masked=masked)
    for side in (0, 1):
        found = look_up(some, side, np.arange(len(sequence)))
        inside = slice(len(sequence) - high, len(sequence) - low) if side else slice(low, high)
        for name in ("all", "genes", "coding", "splice"):
            assert not found.subsets[name][inside].any()
            assert found.subsets[name].any()
