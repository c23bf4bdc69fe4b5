"""``Vectis``: an open order management system."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from vectis_core.backends import open_store
from vectis_core.clock import Clock, SystemClock
from vectis_core.commands import Command, OpenTenant
from vectis_core.engine import Engine, EngineVitals, Within
from vectis_core.errors import NotFound, ValidationError
from vectis_core.faces import TenantFace
from vectis_core.ids import Ids, RandomIds
from vectis_core.ports import Store, View
from vectis_core.slow import SlowLog
from vectis_core.telemetry import Audience, Listeners
from vectis_core.tenancy import TENANT_ID, Caller, Tenant
from vectis_core.vault import StoreVault, Vault
from vectis_core.webhooks.address_rules import AddressRules

if TYPE_CHECKING:
    import asyncio

    from vectis_core.aio import AsyncVectis
    from vectis_core.backup import Backup
    from vectis_core.verify import Report
    from vectis_core.webhooks.dispatcher import Dispatcher
    from vectis_core.webhooks.schedule import Policy
    from vectis_core.webhooks.transport import Transport
    from vectis_core.webhooks.worker import Pace

T = TypeVar("T")

#: How many tenants are read at once.
_PAGE = 500

#: Seconds from which on a command or a read is slow, unless it is said otherwise.
SLOW_COMMAND = 1.0


class Vectis(TenantFace):
    """An open database with everything that can be done with it, for the tenant ``default`` unless said otherwise.

    The calls are by subject, as ``oms.orders.create``: ``orders``, ``shipments``, ``products``, ``inventory``,
    ``warehouses``, ``tracking``, ``carriers``, ``webhooks``, ``customers``, ``clients`` and ``settings``.

    Safe to share among threads and event loops, not across a fork: each process opens its own. Use it as a context
    manager, or ``close`` it.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        ids: Ids,
        vault: Vault | None = None,
        address_rules: AddressRules | None = None,
        telemetry: Listeners = (),
        slow_command: float | None = SLOW_COMMAND,
    ) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self.vault = vault or StoreVault(store)
        self.address_rules = address_rules or AddressRules()
        audience = _audience(telemetry, slow_command)
        self.engine = Engine(store, ids, self.vault, self.address_rules, audience=audience)
        audience.watch(EngineVitals(self.engine, clock))
        caller = Caller()
        _open_tenant(self.engine, caller)
        super().__init__(self.engine, caller)

    @classmethod
    def open(
        cls,
        url: str = "sqlite:///vectis.db",
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        vault: Vault | None = None,
        address_rules: AddressRules | None = None,
        telemetry: Listeners = (),
        slow_command: float | None = SLOW_COMMAND,
        **options: Any,
    ) -> Self:
        """Open the database at *url*, making or migrating it where needed.

        ``sqlite:///shop.db`` is a file in the working directory, ``sqlite:////var/shop.db`` one by its full path,
        ``memory://`` is gone when closed. *options* are those of the backend; every backend that keeps what it is
        given knows ``must_exist``, with which a database that is not there, or not one of Vectis, is an error.
        *address_rules* say where webhooks may go: to public addresses over https, where left out. *telemetry* is told
        what is done: one ``Telemetry`` or several, each for this Vectis alone. Commands and reads that take
        *slow_command* seconds or longer are logged, with ``None`` none.

        Raises ``UsageError`` where *slow_command* is negative; ``UnknownBackend``, ``DatabaseTooNew``, ``StoreError``,
        and ``ServiceUnavailable`` where other processes do not let go of the database.
        """
        clock = clock or SystemClock()
        ids = ids or RandomIds()
        store = open_store(url, clock=clock, ids=ids, **options)
        try:
            return cls(
                store,
                clock=clock,
                ids=ids,
                vault=vault,
                address_rules=address_rules,
                telemetry=telemetry,
                slow_command=slow_command,
            )
        except BaseException:
            store.close()
            raise

    def tenant(
        self, name: str, *, actor: str = "embedded", client: str | None = None, create: bool = True
    ) -> TenantFace:
        """Return what can be done for the tenant *name*, with *actor* as who is acting.

        It is made where it is new, for good; without *create* that is an error. Raises ``ValidationError`` where *name*
        cannot be a tenant's, and ``NotFound`` where there is none and none is to be made.
        """
        caller = Caller(name, actor, client)
        _open_tenant(self.engine, caller, create=create)
        return TenantFace(self.engine, caller)

    def tenants(self) -> list[Tenant]:
        """Return all tenants there are, by name."""

        def every(view: View) -> list[Tenant]:
            found = view.tenants("", _PAGE)
            while page := view.tenants(found[-1].id, _PAGE):
                found.extend(page)
            return found

        return self.engine.ask_view(every)

    @cached_property
    def aio(self) -> AsyncVectis:
        """The same for programs on asyncio: every call returns at once, and is to be awaited."""
        from vectis_core.aio import AsyncVectis  # noqa: PLC0415 - others are spared the import of asyncio

        return AsyncVectis(self)

    def run(self, command: Command[T], within: Within[T] | None = None) -> T:
        """Run a command and return its result once it is durable.

        With *within*, the host writes its own rows in the same transaction: ``within(result, connection)`` is called
        after ours are written and before the commit, and what it raises undoes both. The connection executes
        statements on the host's own tables and refuses to commit, to roll back, and to write to ours. The call may
        come again on a retry, and does not come for a replay.

        Raises the command's refusals, ``ServiceUnavailable``, ``OutcomeUnknown``, ``UsageError``.
        """
        return self.engine.run(command, within)

    def submit(self, command: Command[T]) -> asyncio.Future[T]:
        """Submit a command from a running event loop, and return a future of it for the result.

        What is wrong with the command itself is raised at once; what ``run`` raises later, the future does.
        """
        return self.engine.submit(command)

    def dispatcher(
        self,
        *,
        transport: Transport | None = None,
        policy: Policy | None = None,
        pace: Pace | None = None,
    ) -> Dispatcher:
        """Return what delivers the webhooks of all tenants in threads of its own, for as long as its context lasts.

        Any number may run, in any number of processes. *policy* says when to try again and when to give up, *pace*
        how fast to go, *transport* sends; without one the installed transport does, to where ``address_rules`` lets it.

        Raises ``UsageError`` where no transport is installed.
        """
        from vectis_core.webhooks.dispatcher import Dispatcher, open_transport  # noqa: PLC0415 - few need it

        transport = transport or open_transport(self.address_rules)
        return Dispatcher(self.engine, self.vault, transport, policy=policy, pace=pace)

    def reseal_secrets(self) -> tuple[str, ...]:
        """Seal the secrets of webhooks and carriers, and what carriers sent, with the first master key, to drop others.

        Returns the webhooks and carriers, of any tenant, whose secrets no master key at hand opens, by id and as
        ``carrier:TENANT:NAME``: they stay as they are, nothing is sent to these webhooks, and nothing is taken from
        these carriers. Harmless when repeated. What carriers sent is sealed anew too;
        what of it no key opens stays as it is, for the days it is kept.
        """
        from vectis_core.webhooks.resealing import reseal_secrets  # noqa: PLC0415 - once in a master key's life

        return reseal_secrets(self.engine, self.vault)

    def verify(self) -> Report:
        """Prove the books: every balance, counter, status and event, in one consistent view.

        What is wrong stands in the report. Raises ``UsageError`` after ``close`` and in the child of a fork.
        """
        from vectis_core.verify import verify  # noqa: PLC0415 - few processes prove, all import

        self.engine.check_open()
        return verify(self.store)

    def backup(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Backup:
        """Copy the database to the file *target* while everybody goes on working, and prove the copy.

        It holds everything that was acknowledged before the call, and appears under its name only once it is
        complete, proved and durable. *progress* is called with how much is copied, and of how much. The master key
        that seals signing keys and secrets of webhooks is not in it.

        Raises ``StoreError`` where the copy cannot be made or breaks a rule, where *target* exists and *overwrite* is
        not set, and on stores that are not one file; ``UsageError`` after ``close`` and in the child of a fork.
        """
        from vectis_core.backup import back_up  # noqa: PLC0415 - few processes copy, all import

        self.engine.check_open()
        return back_up(self.store, Path(target), progress, overwrite=overwrite)

    def close(self) -> None:
        """Finish what is queued and release the database; harmless when repeated."""
        self.engine.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _audience(telemetry: Listeners, slow_command: float | None) -> Audience:
    """Return who is told, the log of what is slow first among them."""
    given = Audience(telemetry).members
    return Audience(given if slow_command is None else (SlowLog(slow_command), *given))


_known: weakref.WeakKeyDictionary[Engine, set[str]] = weakref.WeakKeyDictionary()


def _open_tenant(engine: Engine, caller: Caller, *, create: bool = True) -> None:
    """Make the tenant where it is new, or refuse it; tenants are never removed, so one look in a process is enough."""
    known = _known.setdefault(engine, set())
    if caller.tenant in known:
        return
    problem = TENANT_ID.problem(caller.tenant)
    if problem is not None:
        raise ValidationError.of("tenant", problem)
    if engine.ask_view(lambda view: view.tenant(caller.tenant)) is None:
        if not create:
            raise NotFound(f"No such tenant: {caller.tenant}", {"tenant": caller.tenant})
        engine.run(OpenTenant(caller=caller))
    known.add(caller.tenant)
