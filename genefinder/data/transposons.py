"""Proteins of transposons, told by blocks that their families have in common.

Each block is a consensus of a conserved stretch: of the reverse transcriptases and integrases of
retrotransposons (Xiong and Eickbush 1990, doi:10.1002/j.1460-2075.1990.tb07536.x; Malik and
Eickbush 1999, doi:10.1128/JVI.73.6.5186-5190.1999) and of the transposases of DNA transposons
(Yuan and Wessler 2011, doi:10.1073/pnas.1104208108). They were written down after these families
and are matched without gaps by BLOSUM62 (Henikoff and Henikoff 1992, doi:10.1073/pnas.89.22.10915).
Every one was seen to occur in open reading frames of *B. napus*, *D. melanogaster*, *H. sapiens*,
*C. elegans* or *Z. tritici*; of 22,980 annotated proteins of *A. thaliana*, *C. elegans*,
*D. melanogaster*, *H. sapiens* and *S. cerevisiae* six reach the score, all of *A. thaliana* and of
families that descend from transposases (Mutator four, hAT and Harbinger one each).
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.grammar.jit import compiled

BLOCKS = {
    "copia reverse transcriptase 1": "KGTWELVPLPKGRKPIGCKWVFKVKRNADGTIERYKARLVAKGFTQ",
    "copia reverse transcriptase 2": "GIDYEETFSPVVKMTTIRVLLALAAQKGWELHQLDVKNAFLHGDLEEEVYMEQPPGF",
    "copia reverse transcriptase 3": "VCRLKKALYGLKQAPRAWYEKL",
    "copia reverse transcriptase 4": "DHSLFIRKKGGSIIILLVYVDDIIITG",
    "copia integrase": "LRSDRGGEYTSKEFQEYCEENGIKRQLTAPYTPQQNGVAERKNRTLLEMARCML",
    "gypsy reverse transcriptase 1": "FRKKDGSWRFCVDYRALNKVTVKDRYPLPRIDELLDELGGAKYFSKLDLRSGYHQIRI",
    "gypsy reverse transcriptase 2": "DIPKTAFRTRYGHYEFLVMPFGLTNAPATFQRLMNEVF",
    "gypsy reverse transcriptase 3": "FVVVYLDDILIYSKTEEEHLEHLRKVLERLREAGLKLNLKKCEFGVKEVEYLGHVVS",
    "gypsy ribonuclease H": "PFILETDASDYAIGAVLSQEGDGGLHPIAYASRKLSPAERNYSTTEKELLA",
    "gypsy integrase": "MDFIEGLPKSNGYNAILVVVDRLTKYAHFIPLKHPFTAKEVAELFLENIVRLHGIPKSIVSDRDPKFTSKFW",
    "LINE reverse transcriptase 1": "PIALCNVIYKIISKILANRLKKVLPKIISPNQSAFVKGRQILDNVLIAHEI",
    "LINE reverse transcriptase 2": "LKLDISKAYDRVEWSFLEKVLLKLGF",
    "LINE reverse transcriptase 3": "GLRQGDPLSPYLFILCMEGLSRLI",
    "L1 reverse transcriptase 1": "HMIISIDAEKAFDKIQHPFMLKTLNKLGIDGTYLKIIRAIYDKPTANIILNG",
    "L1 reverse transcriptase 2": "LPLKTGTRQGCPLSPLLFNIVLEVLARAIRQEKEIKGIQLGKEEVKLSLFADDMIVYL",
    "hAT transposase": "FPLLSRMARDILAIPASSVASESAFSTGGRVLDDFRSSLSPETVEALICTRDWL",
    "Mutator transposase": "PLAFAFVESENEESWEWFLELLKEALGDEPGLVFISDRQKGLIEAVKEVFPNAHHRYCLRHLYNNF",
    "CACTA transposase": "TWSGVKTYDSHTKQNFQMRAVLLWTINDFPAYGMLSGWSTKGKLACPYC",
    "mariner transposase": "DNARPHTARITREFLEEFGWEVLPHPPYSPDLAPSDYHLFGSLKRHL",
    "Tc1 transposase": "VLQQDNDPKHTSKLVKEWFKKNNIKVLEWPSQSPDLNPIENLWGELKRRV",
    "Harbinger transposase": "CLGAIDGTHIPVKPPPDEQAAYINRKGFHSINVQAVCDHRGRFLDVYAGWPGSVHDARV",
    "Helitron": "YFEDAMAICRVFGKPDLFITFTCNPKWPEITRALL",
}
"""Residues of each block, by the family that it is of."""
LEAST_SCORE = 65
"""Score from which on a block is found, in half bits: in ten million residues chance reaches it
with any of the blocks once in twenty times."""

_RESIDUES = "ACDEFGHIKLMNPQRSTVWYX"
_STOP = len(_RESIDUES)
_AGAINST_STOP = -99

Scores = npt.NDArray[np.int32]


def find_block(protein: str) -> str | None:
    """Return the family whose block fits a protein best; ``None`` where none fits.

    Parameters
    ----------
    protein
        One letter a residue; stop codons (``*``) fit nothing.
    """
    codes, weights, lengths = _tables()
    residues = codes[np.frombuffer(protein.encode("ascii"), dtype=np.uint8)]
    scores = _best_scores(residues, weights, lengths)
    best = int(scores.argmax())
    return list(BLOCKS)[best] if scores[best] >= LEAST_SCORE else None


@cache
def _tables() -> tuple[npt.NDArray[np.uint8], Scores, npt.NDArray[np.int64]]:
    """Return the number of each letter's residue, and scores by block, place and residue."""
    from Bio.Align import substitution_matrices

    matrix: Any = substitution_matrices.load("BLOSUM62")  # type: ignore[no-untyped-call]
    codes = np.full(256, _RESIDUES.index("X"), dtype=np.uint8)
    for number, letter in enumerate(_RESIDUES):
        codes[ord(letter)] = number
    codes[ord("*")] = _STOP
    lengths = np.array([len(block) for block in BLOCKS.values()])
    weights = np.full((len(BLOCKS), lengths.max(), _STOP + 1), _AGAINST_STOP, dtype=np.int32)
    for number, block in enumerate(BLOCKS.values()):
        for place, residue in enumerate(block):
            weights[number, place, :_STOP] = [matrix[residue][other] for other in _RESIDUES]
    return codes, weights, lengths


@compiled
def _best_scores(
    residues: npt.NDArray[np.uint8], weights: Scores, lengths: npt.NDArray[np.int64]
) -> Scores:
    """Return the best score of each block anywhere in a protein; 0 where none is better."""
    best = np.zeros(len(lengths), dtype=np.int32)
    for number in range(len(lengths)):
        for start in range(len(residues) - lengths[number] + 1):
            score = np.int32(0)
            for place in range(lengths[number]):
                score += weights[number, place, residues[start + place]]
            best[number] = max(best[number], score)
    return best
