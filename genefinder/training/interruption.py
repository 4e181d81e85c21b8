"""Ctrl-C and requests to end, put off until the state of a run is whole."""

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn, Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Note a signal to stop instead of stopping at once.

    Within the context a first SIGINT or SIGTERM is only noted, so that the update under way can be
    completed and saved; the same signal once more has its usual effect. Signals that nothing in
    Python handles are left alone, and so are all outside the main thread, which gets no signals.

    Attributes
    ----------
    received
        The signal noted, or ``None``.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._usual: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def __enter__(self) -> Self:
        """Begin to note signals."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._usual[number] = handler
                    signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Give signals their usual effect again."""
        for number, handler in self._usual.items():
            signal.signal(number, handler)

    def stop(self) -> NoReturn:
        """Let the signal noted have its usual effect.

        Raises
        ------
        KeyboardInterrupt
            If the effect is none that ends the run, or another process received the signal.
        """
        if self.received is not None:
            self._usual[self.received](self.received, None)
        raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received == number:
            self._usual[number](number, frame)
        self.received = number
