"""``vectis clients`` and ``vectis keys``."""

from __future__ import annotations

import json

from cli_types import Call

from vectis_core import Vectis
from vectis_core.access import DEFAULT_SCOPES, is_secret_of


def test_create_prints_credentials_that_are_good(vectis: Call, oms: Vectis) -> None:
    """Id and secret on stdout are those of a client of the default tenant, with all scopes but admin."""
    done = vectis("clients", "create", "Shop")

    words = done.stdout.split()
    assert done.exit_code == 0
    assert words[::2] == ["clientId", "clientSecret"]
    client = oms.clients.get(words[1])
    assert (client.name, client.scopes) == ("Shop", DEFAULT_SCOPES)
    assert is_secret_of(client, words[3])


def test_create_as_json_is_for_scripts(vectis: Call, oms: Vectis) -> None:
    """With --json stdout is one JSON object and nothing else."""
    made = json.loads(vectis("clients", "create", "Till", "--scope", "orders:read", "--json").stdout)

    assert (made["tenant"], made["name"], made["scopes"]) == ("default", "Till", ["orders:read"])
    assert is_secret_of(oms.clients.get(made["clientId"]), made["clientSecret"])


def test_create_makes_a_new_tenant_with_a_warehouse(vectis: Call, oms: Vectis) -> None:
    """A tenant that is named for the first time is made, so that its client can be used at once."""
    made = json.loads(vectis("clients", "create", "Shop", "--tenant", "acme", "--json").stdout)

    acme = oms.tenant("acme")
    assert acme.clients.get(made["clientId"]).tenant == "acme"
    assert [warehouse.is_default for warehouse in acme.warehouses.list()] == [True]


def test_a_tenant_that_cannot_be_is_refused(vectis: Call) -> None:
    """A name that is no DNS label is told in one line."""
    done = vectis("clients", "create", "Shop", "--tenant", "Not A Label")

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_an_unknown_scope_is_refused(vectis: Call) -> None:
    """A scope that does not exist is a usage error that lists those that do."""
    done = vectis("clients", "create", "Shop", "--scope", "everything")

    assert done.exit_code == 2
    assert "orders:read" in done.stderr


def test_list_shows_every_client_and_no_secret(vectis: Call) -> None:
    """Clients are listed newest first, in words and as JSON, and what was shown once is not shown again."""
    secrets = [json.loads(vectis("clients", "create", name, "--json").stdout)["clientSecret"] for name in ("A", "B")]

    in_words, as_json = vectis("clients", "list").stdout, vectis("clients", "list", "--json").stdout

    assert [client["name"] for client in json.loads(as_json)] == ["B", "A"]
    assert in_words.index("  B  ") < in_words.index("  A  ")
    assert not [secret for secret in secrets if secret in in_words + as_json]


def test_revoke_ends_a_client(vectis: Call, oms: Vectis) -> None:
    """A revoked client is listed as such; revoking it again changes nothing."""
    client_id = json.loads(vectis("clients", "create", "Shop", "--json").stdout)["clientId"]

    first = vectis("clients", "revoke", client_id)
    revoked_at = oms.clients.get(client_id).revoked_at
    second = vectis("clients", "revoke", client_id)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert revoked_at is not None
    assert oms.clients.get(client_id).revoked_at == revoked_at
    assert "revoked" in vectis("clients", "list").stdout


def test_revoke_of_an_unknown_client_says_so(vectis: Call) -> None:
    """A client that does not exist is told in one line, with exit code 1."""
    vectis("clients", "create", "Shop")

    done = vectis("clients", "revoke", "cli_nobody")

    assert (done.exit_code, done.stderr) == (1, "Error: No such client\n")


def test_listing_a_tenant_that_does_not_exist_makes_none(vectis: Call, oms: Vectis) -> None:
    """A slip of the pen in --tenant is refused, and no tenant of that name appears."""
    done = vectis("clients", "list", "--tenant", "acmee")

    assert done.exit_code == 1
    assert "There is no tenant 'acmee'" in done.stderr
    with oms.store.read() as view:
        assert view.tenant("acmee") is None


def test_rotating_keys_publishes_one_that_signs_later(vectis: Call, oms: Vectis) -> None:
    """The first key signs at once; the next is published, and the first one stays for the time being."""
    first = vectis("keys", "rotate")
    second = vectis("keys", "rotate")

    with oms.store.read() as view:
        old, new = view.signing_keys()
    assert old.id in first.stdout
    assert new.id in second.stdout
    assert old.signs_from < new.signs_from < (old.retires_at or old.signs_from)


def test_a_key_that_leaked_is_replaced_at_once(vectis: Call, oms: Vectis) -> None:
    """With --immediately the new key signs from now on and the old one is good for nothing more."""
    vectis("keys", "rotate")
    vectis("keys", "rotate", "--immediately")

    with oms.store.read() as view:
        old, new = view.signing_keys()
    assert new.signs_from == old.retires_at
