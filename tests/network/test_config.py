import json
from dataclasses import FrozenInstanceError, replace

import pytest

from genefinder.errors import ModelError
from genefinder.network.config import NetworkConfig


@pytest.mark.parametrize(
    "config",
    [
        NetworkConfig(),
        NetworkConfig(convolutions=(), recurrent="gru", statistics=False, site_hidden=0),
        NetworkConfig(word=4, filters=8, stride=6, hidden=16, layers=3, forget_bias=-0.5),
    ],
)
def test_survives_json(config: NetworkConfig) -> None:
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_values_left_out_are_the_defaults() -> None:
    assert NetworkConfig.from_dict({"hidden": 12}) == replace(NetworkConfig(), hidden=12)


def test_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        NetworkConfig().hidden = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"hiden": 12}, "hiden"),
        ({"stride": 10}, "stride"),
        ({"stride": 0}, "stride"),
        ({"layers": 0}, "layers"),
        ({"word": "six"}, "word"),
        ({"filters": 8.0}, "filters"),
        ({"hidden": True}, "hidden"),
        ({"site_hidden": -1}, "site_hidden"),
        ({"weights_before": None}, "weights_before"),
        ({"convolutions": 9}, "convolutions"),
        ({"convolutions": [9]}, "convolutions"),
        ({"convolutions": [[9, 1, 1]]}, "convolutions"),
        ({"convolutions": [[9, 0]]}, "convolutions"),
        ({"recurrent": "rnn"}, "recurrent"),
        ({"tables": "yes"}, "tables"),
        ({"dropout": 1}, "dropout"),
        ({"dropout": "none"}, "dropout"),
        ({"forget_bias": "one"}, "forget_bias"),
        ({"memory": 1}, "memory"),
        ({"slope": 1.0}, "slope"),
        ({"memory": -2}, "memory"),
    ],
)
def test_names_what_cannot_be_built(values: dict[str, object], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        NetworkConfig.from_dict(values)
