"""The genes of shards, joined into those of their genome, as one run would have found them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

from genefinder import __version__
from genefinder.errors import InputError
from genefinder.genes import Gene, shift_gene
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome
from genefinder.io.gene_table import comment_lines
from genefinder.io.identifiers import Identifiers
from genefinder.io.predicted import PredictedFile
from genefinder.io.summary import Setting
from genefinder.models.model import Model
from genefinder.prediction import PredictedContig, PredictedGene, Prediction
from genefinder.predictor import reason_to_skip
from genefinder.saved_choice import SavedChoice
from genefinder.shards import CHOICE, Piece, Shard, Shards

_GENOME = "# genome: "
_SHOWN = 3
"""Missing shards that a message names."""


def merge(
    folder: str | os.PathLike[str],
    paths: Sequence[str | os.PathLike[str]],
    choice: SavedChoice,
    *,
    id_prefix: str = "g",
    locus_tag_prefix: str | None = None,
) -> Prediction:
    """Join the genes of all shards of a genome.

    Parameters
    ----------
    folder
        Of the shards.
    paths
        The GFF3 of each, in any order.
    choice
        What they were predicted with, of the folder.
    id_prefix, locus_tag_prefix
        How the genes are to be named; IDs in the shards do not count.

    Returns
    -------
    Prediction
        With the bytes that one run on the whole genome writes. It keeps nothing and can be written
        once.

    Raises
    ------
    InputError
        A file cannot be read; a shard is missing or there twice; or one is of another genome,
        choice, version, or setting. What is wrong with rows is met when they are read.
    """
    identifiers = Identifiers(id_prefix, locus_tag_prefix)
    shards = Shards.load(folder)
    files = _assigned(Path(folder), shards.shards, paths)
    first = files[shards.shards[0].file]
    settings = first.settings
    origin = f"{shards.genome} sha256:{shards.genome_sha256}"
    stream = _joined(Path(folder), shards.shards, files, choice.model, settings, identifiers)
    remarks = list(choice.remarks)
    if choice.repeats is not None and choice.repeats.weight:
        remarks.append(("repeats", choice.repeats.describe()))
    prediction = Prediction(
        stream,
        choice.model,
        settings,
        identifiers=identifiers,
        remarks=remarks,
        keep=False,
        origin=origin,
    )
    expected = _checked_lines(comment_lines(prediction.comments()))
    for file in files.values():
        _check(file, expected, first)
    _check_parts(shards.shards, settings)
    return prediction


def _assigned(
    folder: Path, shards: Sequence[Shard], paths: Sequence[str | os.PathLike[str]]
) -> dict[str, PredictedFile]:
    """Return the file of genes of every shard, by the shard's name."""
    by_sha256 = {shard.sha256: shard for shard in shards}
    files: dict[str, PredictedFile] = {}
    for path in paths:
        file = PredictedFile(os.fspath(path))
        shard = by_sha256.get(file.genome_sha256)
        if shard is None:
            raise InputError(
                f"{file.name}: holds the genes of none of the shards in {folder}, but of another "
                "genome or of one that was cut otherwise; predict the shards as they are there"
            )
        if shard.file in files:
            raise InputError(
                f"{file.name} and {files[shard.file].name}: both hold the genes of {shard.file}; "
                "give one of them"
            )
        files[shard.file] = file
    missing = [shard.file for shard in shards if shard.file not in files]
    if missing:
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        raise InputError(
            f"{folder}: no file has the genes of {', '.join(missing[:_SHOWN])}{more}; predict "
            f"what is missing with --choice {folder / CHOICE}"
        )
    return files


def _checked_lines(comments: Sequence[str]) -> list[str]:
    """Return the lines of a header that all shards have in common."""
    return [comment for comment in comments if not comment.startswith(_GENOME)]


def _check(file: PredictedFile, expected: Sequence[str], first: PredictedFile) -> None:
    """Refuse genes that were not found as the choice and the first file say."""
    for found, wanted in zip_longest(_checked_lines(file.comments), expected, fillvalue="nothing"):
        if found == wanted:
            continue
        if wanted.startswith("# tool: "):
            raise InputError(
                f"{file.name}: was made by {found.removeprefix('# tool: ')}, but this is "
                f"genefinder {__version__}; use one version for all"
            )
        where = first.name if wanted.startswith("# settings: ") else CHOICE
        raise InputError(
            f"{file.name}: was not predicted as the others: its header says {found[:100]!r}, but "
            f"{where} says {wanted[:100]!r}; predict it again with the same options and --choice"
        )


def _check_parts(shards: Sequence[Shard], settings: Mapping[str, Setting]) -> None:
    """Refuse what cannot be asked of parts: a limit that skips them alone, and to be circles."""
    least = settings["min_contig"]
    assert isinstance(least, int)
    for shard in shards:
        for piece in shard.pieces:
            if piece.end - piece.start < least <= piece.length:
                raise InputError(
                    f"{shard.file}: has a part of {piece.contig} that is shorter than "
                    f"--min-contig {least}; cut the genome into larger shards (--bases)"
                )
            if piece.is_part and settings.get("circular"):
                raise InputError(
                    f"{shard.file}: has a part of {piece.contig}, which --circular took for a "
                    "circle; say [topology=circular] in the headers of the genome and cut it again"
                )


def _joined(
    folder: Path,
    shards: Sequence[Shard],
    files: Mapping[str, PredictedFile],
    model: Model,
    settings: Mapping[str, Setting],
    identifiers: Identifiers,
) -> Iterator[PredictedContig]:
    """Yield all contigs of the genome with named genes."""
    count = 0
    begun: PredictedContig | None = None
    for shard in shards:
        pieces = _in_shard(folder / shard.file, shard, files[shard.file], model, settings)
        for piece, predicted, skipped in pieces:
            if begun is not None and piece.own_start == 0:
                yield begun
                begun = None
            names = identifiers.assign((gene.record for gene in predicted), first=count + 1)
            count += len(predicted)
            genes = tuple(
                replace(gene, record=record) for gene, record in zip(predicted, names, strict=True)
            )
            if begun is not None:
                begun = replace(begun, genes=begun.genes + genes)
            else:
                circular = piece.circular or bool(settings.get("circular"))
                begun = PredictedContig(
                    piece.contig, piece.length, genes, skipped, circular=circular
                )
    if begun is not None:
        yield begun


def _in_shard(
    path: Path, shard: Shard, file: PredictedFile, model: Model, settings: Mapping[str, Setting]
) -> Iterator[tuple[Piece, list[PredictedGene], str | None]]:
    """Yield the pieces of a shard, the genes that count, and why nobody looked for any."""
    least = settings["min_contig"]
    assert isinstance(least, int)
    genome = open_genome(path)
    changed = InputError(f"{path}: has changed since it was cut; cut the genome again")
    by_contig = file.contigs()
    name, genes = next(by_contig, ("", []))
    contig: Contig | None
    for piece, contig in zip_longest(shard.pieces, genome):
        if contig is None or piece is None or len(contig) != piece.end - piece.start:
            raise changed
        if settings.get("circular"):
            contig = replace(contig, circular=True)
        found: list[PredictedGene] = []
        if name == contig.name:
            own = [
                gene
                for gene in genes
                if not piece.is_part
                or (
                    piece.own_start <= gene.start + piece.start
                    and gene.end + piece.start <= piece.own_end
                )
            ]
            found = _moved(contig, own, piece.start, model)
            name, genes = next(by_contig, ("", []))
        yield piece, found, reason_to_skip(contig, least)
    if name:
        raise InputError(f"{file.name}: has genes on {name}, which {path} has not, or not there")
    if genome.sha256 != shard.sha256:
        raise changed


def _moved(contig: Contig, genes: Sequence[Gene], offset: int, model: Model) -> list[PredictedGene]:
    """Return genes of a piece where they lie on the whole contig."""
    grammar = model.grammar
    predicted = PredictedContig.of(contig, genes, grammar.genetic_code, spliced=grammar.spliced)
    return [
        replace(gene, record=shift_gene(gene.record, contig.name, offset))
        for gene in predicted.genes
    ]
