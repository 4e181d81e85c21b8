from collections.abc import Callable
from pathlib import Path

import pytest

NETWORK = """
network:
  {word: 3, filters: 8, convolutions: [[3, 1]], hidden: 8, head: 8, site_hidden: 4, site_reach: 6,
   table_order: 3}
"""


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Options for a network so small that it trains in no time; words change the recipe."""

    def options(**recipe: float) -> list[str]:
        path: Path = tmp_path_factory.mktemp("tiny") / "tiny.yaml"
        values = {"window": 297, "batch": 2, **recipe}
        lines = "".join(f"  {name}: {value}\n" for name, value in values.items())
        path.write_text(f"{NETWORK}recipe:\n{lines}")
        return ["--config", str(path), "--device", "cpu"]

    return options
