"""What a pretraining begins with: new weights, another model's, or a checkpoint."""

from typing import Any

from genefinder.models.model import PretrainedModel, load_any
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase
from genefinder.training.pretrain_settings import PretrainSettings


def start(settings: PretrainSettings, saved: dict[str, Any] | None) -> NextBase:
    """Build the network to pretrain.

    Parameters
    ----------
    settings
        The run. A pretrained model to start from is taken as it is; of a gene model the encoder is
        taken, and the head is new.
    saved
        The checkpoint to go on from, whose weights are still to be filled in, or ``None``.

    Raises
    ------
    GenefinderError
        If the model to start from cannot be used, or the windows do not fit the network.
    """
    if saved is not None:
        network = NextBase(NetworkConfig.from_dict(saved["config"]))
    elif settings.init is None:
        network = NextBase(settings.network)
    else:
        init = load_any(settings.init)
        if isinstance(init, PretrainedModel):
            network = init.network.train()
        else:
            network = NextBase(init.network.config)
            network.encoder.load_state_dict(init.network.encoder.state_dict())
    settings.check_windows(network.config.stride)
    return network
