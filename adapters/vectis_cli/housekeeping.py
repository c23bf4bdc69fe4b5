"""Clears what has aged while a server runs, and lets go of the bytes of what was erased."""

from __future__ import annotations

import asyncio
import logging

import attrs

from vectis_core import Vectis
from vectis_core.commands import Housekeep
from vectis_core.errors import VectisError

_logger = logging.getLogger("vectis.housekeeping")

#: Seconds from one round to the next where nothing more is due.
EVERY = 60.0
#: Seconds between rounds while there is more, which leaves the store to others.
PAUSE = 0.1


async def keep_house(oms: Vectis, every: float = EVERY, pause: float = PAUSE) -> None:
    """Clear what has aged again and again, bounded each time, until cancelled.

    A round that fails is logged and tried again later: nothing depends on it for being right.
    """
    command = Housekeep()
    while True:
        more = False
        try:
            cleared = await oms.submit(command)
            more = max(attrs.astuple(cleared)) >= command.limit
            if not more:
                # What was erased while somebody was reading.
                await asyncio.to_thread(oms.store.purge)
        except VectisError as error:
            _logger.warning("Housekeeping did not run: %s", error)
        await asyncio.sleep(pause if more else every)
