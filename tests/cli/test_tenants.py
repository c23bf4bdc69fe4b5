"""``vectis tenants``."""

from __future__ import annotations

import json

from cli_types import Call

from vectis_core import Vectis


def test_tenants_are_listed_by_name(vectis: Call, oms: Vectis) -> None:
    """One line each for people, one list for scripts."""
    oms.tenant("lamps")

    told = vectis("tenants", "list")
    listed = json.loads(vectis("tenants", "list", "--json").stdout)

    assert (told.exit_code, [line.split()[0] for line in told.stdout.splitlines()]) == (0, ["default", "lamps"])
    assert [each["id"] for each in listed] == ["default", "lamps"]
    assert all(each["createdAt"].endswith("Z") for each in listed)


def test_a_tenant_that_is_not_there_is_told_and_not_made(vectis: Call, oms: Vectis) -> None:
    """The error says how to see which tenants there are."""
    done = vectis("clients", "list", "--tenant", "lamp")

    assert done.exit_code == 1
    assert "There is no tenant 'lamp'" in done.stderr
    assert "vectis tenants list" in done.stderr
    assert [each.id for each in oms.tenants()] == ["default"]
