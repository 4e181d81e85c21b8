import signal
import threading

import pytest

from genefinder.training.interruption import Interruption


@pytest.fixture(autouse=True)
def _usual_handlers():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_first_signal_is_noted_only() -> None:
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert interruption.received == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interruption.stop()


def test_second_signal_acts_at_once() -> None:
    with Interruption():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_request_to_end_keeps_its_exit_code() -> None:
    def terminate(*_: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, terminate)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(SystemExit, match="143"):
            interruption.stop()


def test_usual_effect_is_restored() -> None:
    with Interruption():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ignored_signals_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert interruption.received is None


def test_stop_without_a_signal_of_its_own() -> None:
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        interruption.stop()


def test_other_threads_get_no_signals() -> None:
    seen = []

    def run() -> None:
        with Interruption() as interruption:
            seen.append(interruption.received)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [None]
