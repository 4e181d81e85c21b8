import pytest
import torch

from genefinder.errors import DeviceError
from genefinder.network.device import choose_device


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_devices_that_are_always_there(name):
    assert choose_device(name).type in ("cpu", "cuda")


@pytest.mark.parametrize("name", ["", "gpu", "meta", "mps", "cuda:x", "cuda:-1", "cpu:0:1"])
def test_unknown_devices(name):
    with pytest.raises(DeviceError, match="choose auto, cpu, cuda or cuda:N"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda:99", *(() if torch.cuda.is_available() else ("cuda",))])
def test_absent_devices(name):
    with pytest.raises(DeviceError, match=f"{name} was asked for"):
        choose_device(name)
