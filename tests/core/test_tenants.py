"""Tenants are listed, and one that is not there can be refused instead of made."""

from __future__ import annotations

from pathlib import Path

import pytest

from vectis_core import Vectis
from vectis_core.errors import NotFound, ValidationError


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a new database is."""
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"


def test_all_tenants_are_listed_by_name(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are read at once, each is there once."""
    with Vectis.open(url) as oms:
        assert [each.id for each in oms.tenants()] == ["default"]
        for name in ("zoo", "acme", "0", "lamps"):
            oms.tenant(name)
        for page in (1, 2, 5, 500):
            monkeypatch.setattr("vectis_core.vectis._PAGE", page)
            assert [each.id for each in oms.tenants()] == ["0", "acme", "default", "lamps", "zoo"]


def test_a_tenant_that_is_not_there_is_refused_and_not_made(url: str) -> None:
    """Without ``create`` a slip of the pen is an error that names it, before and after others are made."""
    with Vectis.open(url) as oms:
        oms.tenant("lamps")
        with pytest.raises(NotFound, match=r"No such tenant: lamp$"):
            oms.tenant("lamp", create=False)
        with pytest.raises(ValidationError):
            oms.tenant("No Name", create=False)

        assert oms.tenant("lamps", create=False).caller.tenant == "lamps"
        assert [each.id for each in oms.tenants()] == ["default", "lamps"]


def test_what_somebody_else_made_is_there(tmp_path: Path) -> None:
    """A refusal is not remembered: made by another process meanwhile, the tenant is found."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    with Vectis.open(url) as oms, Vectis.open(url) as other:
        with pytest.raises(NotFound):
            oms.tenant("lamps", create=False)
        other.tenant("lamps")

        assert oms.tenant("lamps", create=False).caller.tenant == "lamps"


def test_help_names_all_groups_of_calls() -> None:
    """Groups are attributes of an open Vectis, so ``help(Vectis)`` names them in words."""
    with Vectis.open("memory://") as oms:
        groups = [name for name, value in vars(oms).items() if type(value).__name__.endswith("Face")]

    assert len(groups) == 11
    assert [name for name in groups if f"``{name}``" not in str(Vectis.__doc__)] == []
