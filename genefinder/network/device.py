"""Where a network computes."""

import torch

from genefinder.errors import DeviceError


def choose_device(wanted: str | torch.device) -> torch.device:
    """Turn ``auto``, ``cpu``, ``cuda`` or ``cuda:N`` into a device; leave a device as it is.

    Raises
    ------
    DeviceError
        If the device asked for is unknown or absent.
    """
    if isinstance(wanted, torch.device):
        return wanted
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise DeviceError(f"unknown device {wanted!r}: choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise DeviceError(
            f"device {wanted} was asked for, but {found or 'no'} CUDA device(s) were found; "
            "use --device cpu or auto"
        )
    return device
