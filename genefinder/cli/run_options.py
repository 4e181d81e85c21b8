"""What the commands that train a network have in common: options, and the settings they make."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from genefinder.cli.display import Display
from genefinder.cli.options import Decorated, quiet_option, with_options

if TYPE_CHECKING:
    from genefinder.training.settings import RunSettings

Settings = TypeVar("Settings", bound="RunSettings")

PATH = click.Path(path_type=Path)


def data_options(command: Decorated) -> Decorated:
    """Add the options that say where to write, and what is not learnt from."""
    return with_options(
        command,
        click.option("-o", "--output", type=PATH, help="Model directory to write."),
        click.option("--config", type=PATH, help="YAML with genomes, regions, network and recipe."),
        click.option(
            "--validation",
            metavar="REGION",
            multiple=True,
            help="Held-out CONTIG or CONTIG:START-END (1-based, closed) that decides which weights "
            "are kept; repeatable.  [default: the end of the longest contig of the first genome, "
            "or of what is left of it]",
        ),
        click.option(
            "--exclude",
            metavar="REGION",
            multiple=True,
            help="CONTIG or CONTIG:START-END that is not read at all, such as a test region; "
            "repeatable.",
        ),
    )


def budget_options(command: Decorated) -> Decorated:
    """Add the options that say how long to compute, and with what."""
    return with_options(
        command,
        click.option(
            "--resume", is_flag=True, help="Go on from the checkpoint in the output directory."
        ),
        click.option("--overwrite", is_flag=True, help="Replace a model in the output directory."),
        click.option(
            "--max-minutes",
            type=click.FloatRange(min=0.0, min_open=True),
            help="Time budget; the learning rate is scheduled to fit.  [default: 60, or the "
            "YAML's]",
        ),
        click.option("--max-steps", type=click.IntRange(min=0), help="Budget in updates."),
        click.option("--threads", type=click.IntRange(min=1), help="CPU threads.  [default: 1]"),
        click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]"),
        click.option("--seed", type=click.IntRange(min=0), help="Seed of weights and windows."),
        quiet_option,
    )


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The values of :func:`data_options` and :func:`budget_options`.

    Where an option is not given, its value is ``None``, empty or false.
    """

    output: Path | None
    config: Path | None
    validation: tuple[str, ...]
    exclude: tuple[str, ...]
    resume: bool
    overwrite: bool
    max_minutes: float | None
    max_steps: int | None
    threads: int | None
    device: str | None
    seed: int | None
    quiet: bool

    def settings(self, kind: type[Settings], own: dict[str, Any]) -> Settings:
        """Make settings of the options, and of the YAML where there is one; options win.

        Parameters
        ----------
        kind
            What to build.
        own
            Fields that the command sets itself; ``None`` and empty ones are not given.

        Raises
        ------
        click.UsageError
            If nothing says where to write, or --resume and --overwrite come together.
        InputError
            If the YAML cannot be used, or a value is out of range.
        """
        from genefinder.io.regions import parse_region
        from genefinder.training.config_file import read_settings
        from genefinder.training.recipe import budgeted

        if self.resume and self.overwrite:
            raise click.UsageError("--resume goes on with what --overwrite would replace")
        if self.config is None and self.output is None:
            raise click.UsageError("give the model directory to write with -o")
        values = own | {
            "output": self.output,
            "validation": tuple(map(parse_region, self.validation)),
            "exclude": tuple(map(parse_region, self.exclude)),
            "resume": self.resume or None,
            "overwrite": self.overwrite or None,
            "threads": self.threads,
            "device": self.device,
        }
        given = {name: value for name, value in values.items() if value not in (None, ())}
        settings = (
            kind(**given) if self.config is None else read_settings(kind, self.config, **given)
        )
        recipe = budgeted(settings.recipe, self.max_minutes, self.max_steps, self.seed)
        return replace(settings, recipe=recipe)

    def display(self) -> Display:
        """Return what shows the run on standard error."""
        return Display(self.quiet)
