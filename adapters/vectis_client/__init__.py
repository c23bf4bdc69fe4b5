"""The client of a Vectis that runs elsewhere: what ``Vectis`` offers in process, over its HTTP API.

``Client.connect("https://...", client_id=..., client_secret=...)`` has the faces of ``Vectis``, and ``AsyncClient``
those of ``oms.aio``, with the same arguments, results and errors. There is no second copy of them: they are the
library's own faces over an engine that sends what they decide (``vectis_client.engine``), by the table of operations
that the server answers from (``vectis_client.routes``).
"""

try:
    import httpx as _httpx  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('The client needs httpx: pip install "vectis-oms[client]"') from error

from vectis_client.client import AsyncClient, Client
from vectis_client.effects import Retries
from vectis_client.errors import UnexpectedAnswer
from vectis_client.untold import UNTOLD
from vectis_core.signing import verify
from vectis_http.errors import RateLimitExceeded

__all__ = ["UNTOLD", "AsyncClient", "Client", "RateLimitExceeded", "Retries", "UnexpectedAnswer", "verify"]
