"""The awaitable face, ``oms.aio``: every call of the Python face, for programs on asyncio.

There is no second copy of anything. A face decides what command to run or what to ask a view, and hands that to its
engine; here the engine is one that returns awaitables (``AwaitingEngine``). What a program, a type checker and ``help``
see of that are the coroutine methods in ``vectis_core.aio.faces``, which are made from the signatures of the faces.
"""

from vectis_core.aio.faces import AsyncTenantFace
from vectis_core.aio.listing import AsyncEventFeed, AsyncListing
from vectis_core.aio.vectis import AsyncVectis

__all__ = ["AsyncEventFeed", "AsyncListing", "AsyncTenantFace", "AsyncVectis"]
