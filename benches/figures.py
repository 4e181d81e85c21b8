"""Make the figures of docs/inspect.md anew, from the example, by the commands that it names.

    python -m benches.figures --pretrained DIR

Each is a PNG under docs/. Run it after the models have changed; without ``--pretrained``, the
figures that need a network which predicts bases are left as they are.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benches.records import ROOT

_EXAMPLE = ROOT / "data" / "example"
_MODEL, _PRETRAINED = ("motifs", "gates"), ("probe", "novelty", "periodicity")


def make(name: str, model: str, folder: Path) -> None:
    """Run one command on the example and keep its figure."""
    with tempfile.TemporaryDirectory() as temporary:
        command = [
            *(sys.executable, "-m", "genefinder", "inspect", name, "--figures", "png"),
            *("--model", model, "--output", temporary),
            *(str(_EXAMPLE / "genome.fa.gz"), str(_EXAMPLE / "genes.gff3.gz")),
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        shutil.copyfile(Path(temporary) / f"{name}.png", folder / f"{name}.png")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="plant", help="for motifs and gates")
    parser.add_argument("--pretrained", help="for the others: a folder")
    options = parser.parse_args()
    folder = ROOT / "docs"
    folder.mkdir(exist_ok=True)
    for name in _MODEL:
        make(name, options.model, folder)
    for name in _PRETRAINED if options.pretrained else ():
        make(name, options.pretrained, folder)


if __name__ == "__main__":
    main()
