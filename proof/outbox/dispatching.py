"""A process that delivers webhooks: ``python -P -m proof.outbox.dispatching TASK``, until it is killed or told to end.

With ``-P`` it imports the build that its environment names and not the working directory. Each request names the lease
under which it is sent, in a header of its own, so that who receives it sees who had the right to.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

import attrs

from vectis_core import AddressRules, Vectis
from vectis_core.webhooks import dispatcher
from vectis_core.webhooks.model import Lease
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.transport import Answer, Post, Transport
from vectis_core.webhooks.worker import Pace, Worker
from vectis_webhooks import open_transport

#: The endpoints of the proof are on this machine.
LOCAL = AddressRules(["127.0.0.0/8"])

LEASE_HEADER = "X-Proof-Lease"

_current = threading.local()


@attrs.frozen
class Task:
    """What a process is to do."""

    database: str
    pace: dict[str, Any]
    policy: dict[str, Any]


@attrs.frozen
class Naming:
    """Sends with a transport, and names the lease."""

    transport: Transport

    def post(self, post: Post) -> Answer:
        """Send a request with one header more."""
        return self.transport.post(attrs.evolve(post, headers=(*post.headers, (LEASE_HEADER, str(_current.token)))))

    def close(self) -> None:
        """Close the transport."""
        self.transport.close()


class NamingWorker(Worker):
    """Notes under which lease its thread delivers."""

    def deliver(self, lease: Lease, usable_until: float) -> None:
        """Deliver under *lease*."""
        _current.token = lease.token
        super().deliver(lease, usable_until)


def main() -> None:
    """Deliver until the parent closes the pipe."""
    task = Task(**json.loads(sys.argv[1]))
    # The process has this one kind.
    vars(dispatcher)["Worker"] = NamingWorker
    # The disk is not what is on trial, and nobody cuts the power.
    with Vectis.open(task.database, synchronous="NORMAL", must_exist=True) as oms:
        transport = Naming(open_transport(LOCAL))
        with oms.dispatcher(transport=transport, pace=Pace(**task.pace), policy=Policy(**_policy(task))):
            print("ready", flush=True)
            while os.read(0, 1):
                pass


def _policy(task: Task) -> dict[str, Any]:
    return {**task.policy, "delays": tuple(task.policy["delays"])}


if __name__ == "__main__":
    main()
