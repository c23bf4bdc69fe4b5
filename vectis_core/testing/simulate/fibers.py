"""Code that waits in the middle, such as a worker's request, within a simulation that goes step by step."""

from __future__ import annotations

import threading
from collections.abc import Callable

from vectis_core.engine.tickets import ThreadWaiter


class Fiber:
    """A thread that runs only while somebody waits for it in ``resume``: one at a time with everything else.

    What it does is therefore as repeatable as if there were no threads.
    """

    def __init__(self, body: Callable[[], None], name: str) -> None:
        self._body = body
        self._go = ThreadWaiter()
        self._back = ThreadWaiter()
        self._thrown: BaseException | None = None
        self._failure: BaseException | None = None
        self.ended = False
        # A daemon: a simulation that broke off must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def resume(self, thrown: BaseException | None = None) -> None:
        """Run it to its next ``pause`` or its end, where *thrown* is raised if given; raises what ends it."""
        self._thrown = thrown
        self._go.wake()
        self._back.wait()
        if self.ended:
            self._thread.join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def pause(self) -> None:
        """Wait, from inside, for the next ``resume``."""
        self._back.wake()
        self._wait()

    def _wait(self) -> None:
        self._go.wait()
        thrown, self._thrown = self._thrown, None
        if thrown is not None:
            raise thrown

    def _run(self) -> None:
        try:
            self._wait()
            self._body()
        except BaseException as error:  # noqa: BLE001 - it is raised where it was resumed
            self._failure = error
        finally:
            self.ended = True
            self._back.wake()
