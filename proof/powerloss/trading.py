"""A recorded day of trade: processes that open a new database, trade in it with several threads, and close it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from proof.crowd.client import Client
from proof.crowd.parent import Crowd
from proof.crowd.records import Trouble
from proof.crowd.shop import stock_up
from proof.crowd.stories import Trader
from proof.crowd.worker import Task
from proof.powerloss.cuts import DATABASE
from proof.recording import recorded

_PROCESSES = 3
_THREADS = 4
_SKUS = 6
#: After so many seconds a day is given up that does not end by itself.
_PATIENCE = 120


@attrs.frozen
class Day:
    """How long is traded, and in which build."""

    #: Each client does so many things, most of them calls that change something.
    steps: int
    build: Mapping[str, str]


def open_shop(client: Client) -> Iterator[None]:
    """Make the products and give them stock."""
    stock_up(client, _SKUS, 100)
    yield


def trade(client: Client) -> Iterator[None]:
    """Trade until the day's end."""
    trader = Trader(client)
    for _ in range(client.options["steps"]):
        trader.trade()
        yield


def record(day: Day, recorder: Path, folder: Path) -> Path:
    """Trade in a database in the empty *folder*, with the library *recorder* below, and return the recording.

    Raises ``RuntimeError`` where a client or a process saw what it should not: there is less to cut then.
    """
    watched = folder / "watched"
    watched.mkdir(parents=True)
    log = folder / "recording"
    environment = recorded(recorder, watched, log, day.build, data=True)
    url = f"sqlite:///{watched.resolve() / DATABASE}"
    opening = Task(url, "opening", 1, f"{__name__}:open_shop")
    trading = [Task(url, f"p{n}", _THREADS, f"{__name__}:trade", {"steps": day.steps}) for n in range(_PROCESSES)]
    for tasks in ([opening], trading):
        with Crowd(tasks, environment) as crowd:
            crowd.go()
            crowd.wait(_PATIENCE)
        # What clients see goes into the recording; that a process did not end well does not.
        troubles = [each.what for each in crowd.records() if isinstance(each, Trouble)]
        if troubles:
            raise RuntimeError(f"the day was not traded to its end: {troubles}")
    return log
