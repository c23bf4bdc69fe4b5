"""The secrets of webhooks in the file: sealed, wherever a command could have left one."""

from __future__ import annotations

from pathlib import Path

import pytest

from vectis_core import Vectis


@pytest.mark.parametrize("command_id", [None, "once"])
def test_no_secret_lies_open_in_the_file(tmp_path: Path, command_id: str | None) -> None:
    """Given or made, first or replaced, no secret is in the database or its log: in no row, result or leftover."""
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        given = oms.webhooks.create(
            "https://example.com/", ["*"], secret="a secret of the owner", command_id=command_id
        )
        made = oms.webhooks.create("https://example.com/", ["*"])
        hooks = oms.webhooks
        rotated = hooks.rotate_secret(
            given.subscription.id, secret="the next one of theirs", command_id=command_id and "twice"
        )
        ours = hooks.rotate_secret(made.subscription.id)
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert rotated.secret is None
    assert given.subscription.url.encode() in kept
    secrets = ["a secret of the owner", "the next one of theirs", str(made.secret), str(ours.secret)]
    assert not [secret for secret in secrets if secret.encode() in kept]
