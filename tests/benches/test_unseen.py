from argparse import ArgumentTypeError
from dataclasses import replace

import pytest

from benches.unseen import measure, read_pair, table
from genefinder.errors import InputError
from genefinder.models.model import Model


def test_a_pair_is_a_species_and_a_model() -> None:
    assert read_pair("otauri:results/universal") == ("otauri", "results/universal")
    for text in ("otauri", "otauri:", "yeti:plant"):
        with pytest.raises(ArgumentTypeError, match="is not SPECIES:MODEL"):
            read_pair(text)


def test_a_model_of_the_species_is_refused(planted, tmp_path) -> None:
    model = Model.load(planted.model)
    own = replace(model, provenance={"genomes": [{"species": "Babesia bovis"}]})
    with pytest.raises(InputError, match=r"bbovis: .* was trained on it"):
        measure("bbovis", own, tmp_path)


def test_the_table_names_species_and_model() -> None:
    levels = {
        name: {"f1": 0.5, "sensitivity": 0.4, "precision": 0.6667}
        for name in ("gene", "exon", "base")
    }
    row = {"species": "otauri", "model": "plant", "test": {"levels": levels}}
    last = table([row]).splitlines()[-1]
    assert last == "| Ostreococcus tauri | plant | 50.0 (40.0, 66.7) | 50.0 | 50.0 |"
