from dataclasses import replace

import pytest

from benches.abroad import evaluated_regions, measure, show
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.models.model import Model


def test_a_model_that_knows_the_clade_is_refused(planted_species, tmp_path) -> None:
    model = Model.load(planted_species)
    relative = replace(model.statistics[0], name="Candida albicans")
    own = replace(model, statistics=(relative,))
    with pytest.raises(InputError, match="knows Candida albicans of the Saccharomycotina"):
        measure("scerevisiae", own, tmp_path)


def test_regions_are_those_of_the_splits() -> None:
    assert evaluated_regions("pknowlesi", ["Pk.7.1", "Pk.13.1", "Pk.13.2"]) == [
        Region("Pk.13.1"),
        Region("Pk.13.2"),
    ]
    assert evaluated_regions("spombe", ["NC_003421.2"]) == [Region("NC_003421.2")]
    assert evaluated_regions("otauri", ["first", "second", "third"]) == [Region("second")]
    assert evaluated_regions("umaydis", ["first", "second"]) == [Region("first"), Region("second")]
    assert evaluated_regions("hsapiens20", ["chr20"]) == [Region("chr20", 45_000_000, 63_025_520)]


def test_the_table_names_what_is_read() -> None:
    levels = {
        name: {"f1": 0.5, "sensitivity": 0.4, "precision": 0.6667}
        for name in ("gene", "exon", "base")
    }
    row = {
        "species": "otauri",
        "left_out": "green algae",
        "reads": {"name": "genome.fa.gz"},
        "test": {"levels": levels},
    }
    last = show([row]).splitlines()[-1]
    assert last == ("| otauri | green algae | genome.fa.gz | 50.0 (40.0, 66.7) | 50.0 | 50.0 |")
