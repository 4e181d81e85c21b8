import pytest

from genefinder.errors import InputError
from genefinder.grammar.labels import DONOR, START
from genefinder.species.adjustment import Adjustment


def test_adds_up() -> None:
    assert Adjustment(1.0, -2.0) + Adjustment(donor=1.0) == Adjustment(1.0, -1.0)
    assert not Adjustment()
    assert Adjustment(donor=-1.0)


def test_channels_are_those_of_one_strand() -> None:
    channels = Adjustment(start=1.0, donor=2.0).channels
    assert channels.shape == (10,)
    assert (channels[START], channels[DONOR]) == (1.0, 2.0)
    assert channels.sum() == 3.0


def test_comes_back() -> None:
    adjustment = Adjustment(1.0, -2.0)
    assert Adjustment.from_list(adjustment.to_list()) == adjustment
    with pytest.raises(InputError, match="cannot be adjusted"):
        Adjustment.from_list([float("nan")])
    with pytest.raises((TypeError, ValueError)):
        Adjustment.from_list(["a lot"])
    with pytest.raises(TypeError):
        Adjustment.from_list([1.0, 2.0, 3.0])
