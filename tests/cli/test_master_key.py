"""A new master key: ``vectis keys rotate`` seals with it what the old one had sealed."""

from __future__ import annotations

from pathlib import Path

import pytest
from carrier_samples import sample_bytes
from cli_types import Call
from endpoints import OK, Endpoints, buy, stocked, work, worker_of

from vectis_carriers.intake import Push, receive
from vectis_core import ServiceUnavailable, StoreError, Vectis
from vectis_core.commands import KeepPayload
from vectis_core.signing import verify
from vectis_core.tenancy import Caller
from vectis_core.testing import FrozenClock
from vectis_core.tracking.accounts import payload_owner
from vectis_core.webhooks.transport import Answer, Post

OLD_MASTER, NEW_MASTER = "the old master key of forty characters", "the new master key of forty characters"
OTHER_MASTER = "another master key that was lost long ago"
#: The secret of each webhook, and the one that replaces it.
SECRET, NEXT = "a secret of the owner", "the next secret of theirs"


def set_master(monkeypatch: pytest.MonkeyPatch, *masters: str) -> None:
    """Let every process have these master keys from now on, the first of which seals."""
    monkeypatch.setenv("VECTIS_SECRET_KEY", ",".join(masters))


def subscribe(database: str, tenant: str = "default") -> str:
    """Subscribe an endpoint of a tenant, and return the webhook's id."""
    with Vectis.open(database) as oms:
        return oms.tenant(tenant).webhooks.create("https://a.test/", ["order.*"], secret=SECRET).subscription.id


def signs_with(database: str) -> tuple[list[str], list[str | None]]:
    """Return by which secrets a delivery is signed, and what went wrong with it otherwise."""
    endpoints, clock = Endpoints(), FrozenClock()
    posts: list[Post] = []

    def note(post: Post) -> Answer:
        posts.append(post)
        return OK

    endpoints.answering = note
    with Vectis.open(database, clock=clock) as oms:
        stocked(oms)
        buy(oms, "A")
        assert len(list(work(worker_of(oms, endpoints, clock)))) == 1
        [hook] = oms.webhooks.list()
        [delivery] = oms.webhooks.deliveries(hook.id)
    signed = [
        secret
        for post in posts
        for secret in (SECRET, NEXT)
        if verify(
            post.body,
            signature=dict(post.headers)["X-Webhook-Signature"],
            timestamp=dict(post.headers)["X-Webhook-Timestamp"],
            secret=secret,
            now=clock.now().timestamp(),
        )
    ]
    return signed, [delivery.last_error]


@pytest.mark.parametrize("rotated", [False, True])
def test_the_secrets_of_webhooks_outlive_the_master_key(
    vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch, rotated: bool
) -> None:
    """After the command the old master key is needed for none of them; without it nothing could be signed."""
    set_master(monkeypatch, OLD_MASTER)
    subscribe(database)
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    if rotated:
        assert vectis("keys", "rotate").exit_code == 0
    set_master(monkeypatch, NEW_MASTER)

    assert signs_with(database) == (([SECRET], [None]) if rotated else ([], ["secret_unreadable"]))


def test_both_secrets_of_an_overlap_are_sealed_anew(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of every tenant, and a webhook that has ended is passed over; done again it changes nothing."""
    set_master(monkeypatch, OLD_MASTER)
    first, other, ended = subscribe(database), subscribe(database, "other"), subscribe(database)
    with Vectis.open(database) as oms:
        oms.webhooks.rotate_secret(first, secret=NEXT)
        oms.webhooks.delete(ended)
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    with Vectis.open(database) as oms:
        assert oms.reseal_secrets() == oms.reseal_secrets() == ()
    set_master(monkeypatch, NEW_MASTER)
    with Vectis.open(database) as oms:
        hooks = [oms.webhooks.get(first), oms.tenant("other").webhooks.get(other)]
        opened = [[oms.vault.open(each.sealed, hook.id).decode() for each in hook.secrets] for hook in hooks]

    assert opened == [[NEXT, SECRET], [SECRET]]
    assert hooks[0].secrets[1].retires_at is not None


def test_what_no_key_opens_is_named(vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays as it is until its key is there again; the others are sealed anew all the same."""
    set_master(monkeypatch, OTHER_MASTER)
    lost = subscribe(database)
    set_master(monkeypatch, OLD_MASTER)
    kept = subscribe(database)
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    done = vectis("keys", "rotate")
    set_master(monkeypatch, NEW_MASTER)
    with Vectis.open(database) as oms:
        secret = oms.webhooks.get(kept).secrets[0].sealed
        assert oms.vault.open(secret, kept).decode() == SECRET
    set_master(monkeypatch, NEW_MASTER, OTHER_MASTER)

    assert done.exit_code == 1
    assert lost in done.stderr
    assert kept not in done.stderr
    assert vectis("keys", "rotate").exit_code == 0


def test_the_secrets_of_carriers_outlive_the_master_key(
    vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are sealed anew with the others; where no key opens them a push is a 503, and the carrier is named."""
    body = sample_bytes("ups_minimal")

    def pushed() -> object:
        with Vectis.open(database) as oms:
            return receive(oms, "ups", Push(headers={"credential": SECRET}, body=body)).reply

    set_master(monkeypatch, OLD_MASTER)
    with Vectis.open(database) as oms:
        oms.carriers.configure("ups", secrets=[SECRET])
        oms.carriers.configure("dhl", secrets=[SECRET])
        oms.carriers.close("dhl")
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    assert vectis("keys", "rotate").exit_code == 0
    set_master(monkeypatch, NEW_MASTER)
    assert pushed() == {}

    set_master(monkeypatch, OTHER_MASTER)
    with pytest.raises(ServiceUnavailable, match="carrier:default:ups"):
        pushed()
    assert "carrier:default:ups" in vectis("keys", "rotate", "--immediately").stderr


def test_what_carriers_sent_outlives_the_master_key(
    vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is sealed anew, for all tenants; what no key opens stays as it is, and keeps nothing else from it."""
    pushed = Push(headers={"credential": SECRET}, body=sample_bytes("ups_minimal"))
    for master in (OTHER_MASTER, OLD_MASTER):
        set_master(monkeypatch, master)
        for tenant in ("default", "acme"):
            with Vectis.open(database) as oms:
                oms.tenant(tenant).carriers.configure("ups", secrets=[SECRET])
                receive(oms, "ups", pushed, tenant=tenant)
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    assert vectis("keys", "rotate").exit_code == 0
    set_master(monkeypatch, NEW_MASTER)

    for tenant in ("default", "acme"):
        with Vectis.open(database) as oms, oms.engine.read() as view:
            lost, kept = view.payloads(tenant, "", 10)
            assert "1Z" in oms.vault.open(kept.sealed, payload_owner(tenant, "ups")).decode()
            with pytest.raises(StoreError):
                oms.vault.open(lost.sealed, payload_owner(tenant, "ups"))


def test_a_copy_with_what_carriers_sent_needs_the_master_key(
    vectis: Call, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command that copies the database names the key as soon as there is a carrier."""
    monkeypatch.delenv("VECTIS_SECRET_KEY", raising=False)
    with Vectis.open(database):
        pass
    assert "shop.db.key" not in vectis("backup", str(tmp_path / "1.db")).output
    with Vectis.open(database) as oms:
        oms.carriers.configure("ups", secrets=[SECRET])
    assert "shop.db.key" in vectis("backup", str(tmp_path / "2.db")).output


def test_all_that_carriers_sent_is_sealed_anew(vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, of whatever tenant."""
    set_master(monkeypatch, OLD_MASTER)

    def kept(oms: Vectis, tenant: str) -> list[str]:
        with oms.engine.read() as view:
            found = view.payloads(tenant, "", 1_000)
        return [oms.vault.open(each.sealed, payload_owner(tenant, "ups")).decode() for each in found]

    said = [f'"{number}"' for number in range(120)]
    with Vectis.open(database) as oms:
        oms.tenant("acme")
        for tenant, texts in (("default", said), ("acme", said[:3])):
            for text in texts:
                sealed = oms.vault.seal(text.encode(), payload_owner(tenant, "ups"))
                now = oms.store.now()
                oms.run(KeepPayload(caller=Caller(tenant), carrier="ups", received_at=now, days=7, sealed=sealed))
    set_master(monkeypatch, NEW_MASTER, OLD_MASTER)
    assert vectis("keys", "rotate").exit_code == 0
    set_master(monkeypatch, NEW_MASTER)
    with Vectis.open(database) as oms:
        assert (kept(oms, "default"), kept(oms, "acme")) == (said, said[:3])
