"""Makes a database file of today's schema, to be opened by every later version: see ``README.md`` beside it."""

from __future__ import annotations

import gzip
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from verify.shop import Ticking, tell_the_story

from vectis_core import Vectis
from vectis_core.commands import AddSigningKey, ClaimDeliveries, KeepPayload, SettleDeliveries
from vectis_core.sealing import SECRET_KEY_VARIABLE
from vectis_core.tenancy import Caller
from vectis_core.testing import CountingIds, samples
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.webhooks.model import Report
from vectis_core.webhooks.schedule import Policy

#: Seals the secrets in the files.
MASTER_KEY = "the master key of the files of old versions"
#: Of the first webhook.
SECRET = "the secret of an old webhook"


def main() -> None:
    """Write the file that the first argument names."""
    os.environ[SECRET_KEY_VARIABLE] = MASTER_KEY
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        with Vectis.open(f"sqlite:///{path}", clock=Ticking(), ids=CountingIds()) as oms:
            tell_the_story(oms)
            acme = oms.tenant("acme")
            tell_the_story(acme)
            acme.inventory.adjust(next(iter(acme.inventory.list())).id, 5, "found", command_id="once")
            oms.clients.create("Shop", scopes=["orders:read"])
            oms.run(AddSigningKey(key=samples.signing_key()))
            tell_of_webhooks(oms)
            tell_of_parcels(oms)
        with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
            file.write(path.read_bytes())


def tell_of_webhooks(oms: Vectis) -> None:
    """Bring a delivery to every state, and a webhook to every status; five adjustments are what they are told of."""
    stock = next(iter(oms.inventory.list())).id
    hook = oms.webhooks.create("https://example.com/webhooks", ["inventory.*"], secret=SECRET).subscription.id
    for code in (200, 404, 503):
        oms.inventory.adjust(stock, 1, f"to be answered with {code}")
        answer(oms, code)
    oms.webhooks.update(hook, active=False)
    oms.inventory.adjust(stock, 1, "while it is paused")
    oms.webhooks.update(hook, active=True)
    oms.inventory.adjust(stock, 1, "while it waits")
    oms.webhooks.rotate_secret(hook, command_id="rotated")
    oms.webhooks.replay(hook, oms.webhooks.get(hook).created_at)
    gone, paused, ended = (oms.webhooks.create(f"https://example.com/{n}", ["*"]).subscription.id for n in range(3))
    oms.webhooks.test(gone)
    answer(oms, 410)
    oms.webhooks.update(paused, active=False)
    oms.webhooks.test(ended)
    oms.webhooks.delete(ended)


def tell_of_parcels(oms: Vectis) -> None:
    """Let a carrier tell of the label that is left, of one that waits, and of one whose shipment is delivered."""
    oms.carriers.configure("ups", secrets=[SECRET])
    now = oms.store.now()
    for status, number in (
        (TrackingStatus.LABEL_CREATED, "1Z999AA10123456784"),
        (TrackingStatus.EXCEPTION, "1Z999AA10123456784"),
        (TrackingStatus.IN_TRANSIT, "1ZWAITING"),
    ):
        event = samples.tracking_event(status=status, code=status.value, tracking_number=number, occurred_at=now)
        oms.tracking.record(event)
    oms.run(KeepPayload(caller=Caller(), carrier="ups", received_at=now, days=30, sealed="sealed"))


def answer(oms: Vectis, code: int) -> None:
    """Answer the oldest delivery of the newest webhook for which one is due; 404 is taken for good."""
    policy = Policy(delays=()) if code == 404 else Policy()
    leases = oms.run(ClaimDeliveries(well=9, ailing=9, deliveries=1, lease_seconds=45))
    newest = max(lease.subscription.id for lease in leases)
    for lease in leases:
        report = Report(lease.parcels[0].delivery.id, oms.store.now(), code, None, 12, "the answer")
        oms.run(
            SettleDeliveries(
                caller=Caller(),
                subscription_id=lease.subscription.id,
                lease_token=lease.token,
                reports=(report,) if lease.subscription.id == newest else (),
                policy=policy,
            )
        )


if __name__ == "__main__":
    main()
