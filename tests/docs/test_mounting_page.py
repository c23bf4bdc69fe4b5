"""The page on mounting says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from fastapi import FastAPI

from vectis_http import HttpConfig
from vectis_http.proxies import FORWARDED

PAGE = (Path(__file__).parents[2] / "docs" / "mounting.md").read_text()


def test_what_is_shown_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of the page run one after the other, and what they mount is there."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "shop"}
    for program in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(program, space)  # noqa: S102 - the page's own programs
        if isinstance(space["app"], FastAPI):
            assert [each.path for each in space["app"].routes if "oms" in each.path]
    assert (tmp_path / "outlet.db").exists()
    for opened in (space["outlet"], space["oms"](), space["vectis"].oms):  # type: ignore[operator,attr-defined]  # of the page
        opened.close()


def test_the_headers_are_those_that_are_read() -> None:
    """The table has each header that can be named, and the settings are those that there are."""
    assert re.findall(r"^\| `(\w+)` \| `X-Forwarded-", PAGE, re.MULTILINE) == list(FORWARDED)
    assert {"trusted_proxies", "forwarded", "base_domain", "public_url", "rate_limit"} <= {
        field.name for field in attrs.fields(HttpConfig)
    }
