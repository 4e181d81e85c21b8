"""How the commands that write genes are told where, in what format and under what names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import click

from genefinder.cli.options import Decorated, with_options

if TYPE_CHECKING:
    from genefinder.io.destinations import Destinations
    from genefinder.io.formats import Format

_FORMATS = "gff3", "gtf", "genbank", "embl", "tbl"


def output_options(command: Decorated) -> Decorated:
    """Add the options that say where to write genes, and how."""
    return with_options(
        command,
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            default="-",
            help="Genes to write; .gz is bgzipped, - is stdout.",
        ),
        click.option(
            "-f",
            "--format",
            type=click.Choice(_FORMATS),
            help="Of the genes; tbl is NCBI's feature table.  [default: by the suffix of "
            "--output, else gff3]",
        ),
        click.option(
            "--index", is_flag=True, help="Also write an index for tabix, OUTPUT.tbi or .csi."
        ),
        click.option(
            "--locus-tag-prefix",
            metavar="PREFIX",
            help="As NCBI or ENA registered it: genes have the locus tags PREFIX_000001 and so on, "
            "and products are told.",
        ),
        click.option(
            "--id-database",
            metavar="NAME",
            help="Also write the IDs that NCBI wants for transcripts and proteins, gnl|NAME|ID.",
        ),
        click.option("--organism", metavar="NAME", help="Scientific name, for genbank and embl."),
    )


def sequence_options(command: Decorated) -> Decorated:
    """Add the options that say where to write what genes code for."""
    return with_options(
        command,
        click.option("--proteins", help="Also write the proteins, as FASTA."),
        click.option("--cds", help="Also write the coding sequences, as FASTA."),
        click.option(
            "--fasta-headers",
            type=click.Choice(("id", "prodigal")),
            default="id",
            help="Of --proteins and --cds: the IDs of the GFF3, or lines as Prodigal writes them.",
        ),
    )


def workflow_options(command: Decorated) -> Decorated:
    """Add the options for what managers of workflows collect."""
    return with_options(
        command,
        click.option(
            "--multiqc",
            metavar="FILE_mqc.json",
            help="Also write a table of what was found, which MultiQC shows.",
        ),
        click.option(
            "--versions",
            metavar="FILE",
            help="Also write the versions of program and libraries, as YAML.",
        ),
    )


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """The values of :func:`output_options`."""

    output: str
    format: "Format | None"
    index: bool
    locus_tag_prefix: str | None
    id_database: str | None
    organism: str | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Self:
        """Take the values out of those of a command."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    @property
    def form(self) -> "Format":
        """The format to write."""
        from genefinder.io.formats import format_of

        return self.format or format_of(self.output)

    def check(self, *, id_prefix: str = "g", tagged: bool = False) -> None:
        """Refuse what makes no sense together.

        Parameters
        ----------
        id_prefix
            Begins the ID of every gene.
        tagged
            The genes may have locus tags already.

        Raises
        ------
        click.UsageError
            It says what would.
        """
        from genefinder.io.formats import check_format
        from genefinder.io.identifiers import Identifiers
        from genefinder.io.qualifiers import Qualifiers

        with _wrong_usage():
            Identifiers(id_prefix, self.locus_tag_prefix)
            check_format(
                self.form,
                self.output,
                qualifiers=Qualifiers(self.organism, self.id_database),
                index=self.index,
                locus_tags=tagged or self.locus_tag_prefix is not None,
            )


def check_destinations(
    where: "Destinations", inputs: Sequence[str], others: Sequence[str] = ()
) -> None:
    """Refuse destinations that could not be written, and those that are inputs or one another.

    Parameters
    ----------
    where
        The destinations.
    inputs
        Files that are read; ``-`` is standard input.
    others
        Files that are written besides.

    Raises
    ------
    click.UsageError
        Two of them are the same, or a name is none for its file.
    InputError
        An output cannot be written.
    """
    from genefinder.io.output import check_output

    with _wrong_usage():
        where.check_names(inputs, others=others)
    for path in (*where.files, *others):
        check_output(path)


def check_file(output: str, inputs: Sequence[str]) -> None:
    """Refuse an output that could not be written, or is an input; as above.

    Parameters
    ----------
    output
        The only file to write; ``-`` is standard output.
    inputs
        Files that are read; ``-`` is standard input.
    """
    from genefinder.io.output import check_distinct, check_output

    with _wrong_usage():
        check_distinct(inputs, [output])
    check_output(output)


@contextmanager
def _wrong_usage() -> Iterator[None]:
    """Let what is wrong be that of the command line."""
    from genefinder.errors import InputError

    try:
        yield
    except InputError as error:
        raise click.UsageError(str(error)) from error
