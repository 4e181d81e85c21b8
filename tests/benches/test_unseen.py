from dataclasses import replace

import pytest

from benches.unseen import measure, show
from genefinder.errors import InputError
from genefinder.models.model import Model


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
    last = show([row]).splitlines()[-1]
    assert last == "| Ostreococcus tauri | plant | 50.0 (40.0, 66.7) | 50.0 | 50.0 |"
