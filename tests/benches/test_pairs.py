from argparse import ArgumentTypeError

import pytest

from benches.pairs import read_pair


def test_a_pair_is_a_species_and_a_model() -> None:
    known = ("athaliana", "otauri")
    assert read_pair("otauri:results/universal", known) == ("otauri", "results/universal")
    for text in ("otauri", "otauri:", "yeti:universal"):
        with pytest.raises(ArgumentTypeError, match="with a species of athaliana, otauri"):
            read_pair(text, known)
