"""Signals that wait until what may not be broken off is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C is for this process alone, which ends the others. Neither it nor SIGTERM cuts short what starts or ends
    meanwhile, and a process that starts is deaf to Ctrl-C from the first moment, because it inherits the mask.
    """
    heard: list[int] = []
    listen = (signal.SIGINT, signal.SIGTERM) if _is_main() else ()
    before = {number: signal.signal(number, lambda number, _: heard.append(number)) for number in listen}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for listened, handler in before.items():
            if handler is not None:  # at its very end Python has none
                signal.signal(listened, handler)
        for number in heard[:1]:
            signal.raise_signal(number)


def _is_main() -> bool:
    """Python hears signals in its first thread, and lets no other set what is done on them."""
    return threading.current_thread() is threading.main_thread()
