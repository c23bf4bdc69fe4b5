"""Many clients ask through several servers of one database until they are refused; and tokens are revoked meanwhile.

In no window may one token be granted more than its limit, whatever server it asks, and a server that is started anew
gives nothing back. Nearly all of the limit can be used. A revoked client's tokens are refused by every server within
a second.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

from proof.programme import Finding, Proof, Size
from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi, HttpConfig, HttpRequest, HttpResponse
from vectis_http.access import MemoryWindows

_SERVERS = 4
_LIMIT = 256
#: Tokens, and windows of a minute.
_SIZES = {Size.FEW: (3, 1), Size.FULL: (16, 4)}
_CLIENTS = 64
#: The part of a limit that must be usable, whatever is stranded in servers that others do not ask.
_USABLE = 0.95
#: The same where all servers end within the window: what each held then is lost.
_USABLE_AFTER_RESTART = 0.90
#: Seconds within which a revoked token is refused everywhere.
_REVOKED_AFTER = 1.0
_SLACK = 1.0

Prepare = Callable[[HttpApi], None]


def _try(size: Size, folder: Path, prepare: Prepare) -> Finding:
    tokens, windows = _SIZES[size]
    url, clock, found = f"sqlite:///{folder / 'shop.db'}", FrozenClock(), list[str]()
    granted: list[int] = []
    with Vectis.open(url, clock=clock) as first:
        issued = [first.clients.create(f"client {number}", scopes=("admin",)) for number in range(tokens)]
    for _ in range(windows):
        with ExitStack() as stack:
            apis = _servers(stack, url, clock, prepare)
            held = [_token(apis[0], each.client.id, str(each.secret)) for each in issued]
            for number, token in enumerate(held):
                counts = _asked(apis, token, _LIMIT // 2)
                starts_anew = number % 2 == 0
                if starts_anew:
                    for api in apis:
                        api.oms.close()
                    apis = _servers(stack, url, clock, prepare)
                counts += _asked(apis, token, 2 * _LIMIT)
                granted.append(counts[200])
                found += _judged(counts, _USABLE_AFTER_RESTART if starts_anew else _USABLE)
        clock.advance(61)
    found += _revoked(url)
    share = min(granted) / _LIMIT if granted else 0.0
    figures = f"{min(granted):,} to {max(granted):,} of {_LIMIT} granted in a window ({share:.1%} at least)"
    return Finding(
        f"{len(granted)} windows, {_CLIENTS} clients, {_SERVERS} servers, half of the windows with a restart",
        figures,
        found,
    )


def _servers(stack: ExitStack, url: str, clock: FrozenClock, prepare: Prepare) -> list[HttpApi]:
    opened = [stack.enter_context(Vectis.open(url, clock=clock)) for _ in range(_SERVERS)]
    apis = [HttpApi(oms, HttpConfig(rate_limit=_LIMIT), environ={}) for oms in opened]
    for api in apis:
        prepare(api)
    return apis


def _asked(apis: Sequence[HttpApi], token: str, times: int) -> Counter[int]:
    """Ask so often from all clients at once, each of them of the servers in turn; count the answers by status."""
    with ThreadPoolExecutor(_CLIENTS) as pool:
        return Counter(answer.status for answer in pool.map(lambda n: _ask(apis[n % len(apis)], token), range(times)))


def _judged(counts: Counter[int], usable: float) -> list[str]:
    found = []
    if counts[200] > _LIMIT:
        found.append(f"{counts[200]} of {_LIMIT} were granted in one window")
    if counts[200] < _LIMIT * usable:
        found.append(f"only {counts[200]} of {_LIMIT} were granted in one window")
    if counts.keys() - {200, 429}:
        found.append(f"there were other answers: {dict(counts)}")
    return found


def _revoked(url: str) -> list[str]:
    """Revoke a client at one server, and return by which others its token is good for too long."""
    with ExitStack() as stack:
        opened = [stack.enter_context(Vectis.open(url)) for _ in range(_SERVERS)]
        apis = [HttpApi(oms, HttpConfig(rate_limit=1_000_000), environ={}) for oms in opened]
        issued = opened[0].clients.create("soon gone", scopes=("admin",))
        token = _token(apis[0], issued.client.id, str(issued.secret))
        gate = threading.Barrier(_SERVERS + 1)

        def last_good(api: HttpApi) -> float:
            gate.wait()
            last, ends = 0.0, time.monotonic() + _REVOKED_AFTER + 2 * _SLACK
            while time.monotonic() < ends:
                begun = time.monotonic()
                if _ask(api, token).status == 200:
                    last = begun
                time.sleep(0.01)
            return last

        with ThreadPoolExecutor(_SERVERS) as pool:
            waiting = [pool.submit(last_good, api) for api in apis]
            gate.wait()
            opened[0].clients.revoke(issued.client.id)
            at = time.monotonic()
            took = [max(0.0, each.result() - at) for each in waiting]
    return [
        f"server {number} took a revoked token for {seconds:.1f} s"
        for number, seconds in enumerate(took)
        if seconds > (_REVOKED_AFTER if number else 0.0) + _SLACK / 4
    ]


def _ask(api: HttpApi, token: str) -> HttpResponse:
    return api.handle(HttpRequest("GET", "/api/settings", headers={"authorization": f"Bearer {token}"}))


def _token(api: HttpApi, client_id: str, secret: str) -> str:
    form = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    headers = {"content-type": "application/x-www-form-urlencoded", "host": "localhost"}
    answer = api.handle(HttpRequest("POST", "/oauth/token", headers=headers, body=form.encode()))
    token: str = json.loads(answer.body)["access_token"]
    return token


def run(size: Size, folder: Path) -> Finding:
    """Try the limits that all servers of a database share."""
    return _try(size, folder, lambda _api: None)


def _each_for_itself(api: HttpApi) -> None:
    """Let a server count for itself alone, in its own memory."""
    api._gate._limiter = MemoryWindows(_LIMIT)  # type: ignore[assignment]  # what is wrong is put in by hand


def control(_: Size, folder: Path) -> Finding:
    """Try servers that count for themselves."""
    return _try(Size.FEW, folder, _each_for_itself)


PROOF = Proof(
    number=27,
    name="rate-limit-and-tokens",
    rule="whatever server is asked, a token is granted its limit in a window and no more, 95 % of it at least, and a "
    "restart gives nothing back; a revoked client's tokens are refused everywhere within a second",
    run=run,
    control=control,
    bad="servers that count for themselves",
)
