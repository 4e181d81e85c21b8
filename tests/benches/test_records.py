import json
from pathlib import Path

import pytest

from benches.records import Records, commit, write_json

SETTINGS = {"steps": 3}
KEYS = ("cell", "seed")


def test_an_interrupted_benchmark_goes_on(tmp_path: Path, capsys) -> None:
    path = tmp_path / "results" / "a.json"
    first = Records(path, "recall", SETTINGS, KEYS)
    first.add(cell="lstm", seed=1, score=0.5)
    again = Records(path, "recall", SETTINGS, KEYS)
    assert again.has(cell="lstm", seed=1)
    assert not again.has(cell="lstm", seed=2)
    again.add(cell="lstm", seed=2, score=0.25)
    document = json.loads(path.read_text())
    assert [row["score"] for row in document["rows"]] == [0.5, 0.25]
    assert {row["commit"] for row in document["rows"]} == {commit()}
    assert (document["benchmark"], document["settings"]) == ("recall", SETTINGS)
    assert list(path.parent.iterdir()) == [path]
    assert json.loads(capsys.readouterr().err.splitlines()[0])["score"] == 0.5


def test_results_of_other_settings_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    Records(path, "recall", SETTINGS, KEYS).add(cell="gru", seed=1)
    with pytest.raises(SystemExit, match="other settings"):
        Records(path, "recall", {"steps": 4}, KEYS)


def test_numbers_stand_in_a_row(tmp_path: Path) -> None:
    document = {"counts": [1, -2.5, 3e-07], "one": [7], "names": ["a", "1, 2"], "none": []}
    write_json(tmp_path / "a.json", document)
    text = (tmp_path / "a.json").read_text()
    assert '"counts": [1, -2.5, 3e-07],' in text
    assert '"one": [7],' in text
    assert json.loads(text) == document
