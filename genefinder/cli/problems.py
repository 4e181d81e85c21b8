"""How commands tell what of an annotation they could not use."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from genefinder.io.annotation import Annotation

_SHOWN = 5
"""Problems that are told one by one."""


def show_problems(annotation: "Annotation") -> None:
    """Tell on standard error which transcripts were left out or repaired, and why."""
    path, problems = annotation.path, annotation.problems
    for problem in problems[:_SHOWN]:
        fate = "repaired" if problem.kept else "left out"
        click.echo(
            f"{path}: line {problem.line}: {problem.id or 'no name'} {fate}: {problem.reason}",
            err=True,
        )
    if len(problems) > _SHOWN:
        click.echo(f"{path}: and {len(problems) - _SHOWN} more like these", err=True)
