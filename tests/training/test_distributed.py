import pytest
import torch

from genefinder.errors import DeviceError
from genefinder.training.distributed import Group, own_device


def test_without_torchrun_there_is_one(monkeypatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    group = Group.join(torch.device("cpu"))
    assert group == Group(rank=0, size=1)
    assert group.leads
    tensor = torch.arange(3.0)
    group.average([tensor])
    assert tensor.tolist() == [0, 1, 2]
    assert group.once(lambda: 5) == 5
    assert group.gather("a") == ["a"]
    group.leave()


@pytest.fixture
def exchange(monkeypatch):
    """A process group of two whose other member holds what the test says."""

    def install(sums=None, leader=None, others=None) -> None:
        def all_reduce(flat: torch.Tensor) -> None:
            flat += torch.tensor(sums)

        def broadcast(box: list[object]) -> None:
            box[:] = [leader]

        def all_gather(values: list[object], value: object) -> None:
            values[:] = others

        monkeypatch.setattr("torch.distributed.all_reduce", all_reduce)
        monkeypatch.setattr("torch.distributed.broadcast_object_list", broadcast)
        monkeypatch.setattr("torch.distributed.all_gather_object", all_gather)

    return install


def test_average_keeps_shapes(exchange) -> None:
    exchange(sums=[1.0, 2.0, 3.0, 4.0, 5.0])
    matrix, scalar = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([9.0])
    Group(rank=1, size=2).average([matrix, scalar])
    assert matrix.tolist() == [[1, 2], [3, 4]]
    assert scalar.tolist() == [7]


def test_only_the_leader_computes(exchange) -> None:
    exchange(leader="the leader's")
    assert Group(rank=1, size=2).once(lambda: str(1 / 0)) == "the leader's"


def test_gather_is_by_rank(exchange) -> None:
    exchange(others=["a", "b"])
    assert Group(rank=1, size=2).gather("b") == ["a", "b"]


def test_each_process_has_a_gpu_of_its_own(monkeypatch) -> None:
    chosen: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    assert own_device(torch.device("cpu")) == torch.device("cpu")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert own_device(torch.device("cuda")) == torch.device("cuda:1")
    assert own_device(torch.device("cuda:0")) == torch.device("cuda:0")
    assert chosen == [torch.device("cuda:1"), torch.device("cuda:0")]
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(DeviceError, match="nproc-per-node"):
        own_device(torch.device("cuda"))
