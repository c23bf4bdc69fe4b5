"""Steps that an interrupt must not cut short."""

from __future__ import annotations

from collections.abc import Callable


def insist(step: Callable[[], None]) -> None:
    """Do *step* to its end however often the thread is interrupted, then let the interrupt through.

    *step* is begun anew after an interrupt, so repeating it must be harmless.
    """
    interrupt: BaseException | None = None
    while True:
        try:
            step()
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt = error
            continue
        break
    if interrupt is not None:
        raise interrupt
