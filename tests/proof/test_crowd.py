"""Crowds: what a worker told before it was killed is heard, whole, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from proof.crowd.parent import Crowd
from proof.crowd.records import Answered, Ready, Sent, Trouble, bodies, log_of, packed
from proof.crowd.shop import Shop, unforeseen
from proof.crowd.worker import Task
from vectis_core.commands import OpenTenant
from vectis_core.errors import IllegalTransition, ServiceUnavailable
from vectis_core.testing.calls import Call, Told

PATIENCE = 60


def test_a_record_that_a_kill_cut_is_not_heard() -> None:
    """What stands before it is, and the part that came stays where it is until the rest comes."""
    buffer = bytearray(packed(Ready()) + packed(Trouble("a", "something"))[:-1])

    assert [kind for kind, _ in bodies(buffer)] == [Ready]
    assert len(buffer) == len(packed(Trouble("a", "something"))) - 1


def test_a_call_without_an_answer_is_of_unknown_outcome() -> None:
    """The log is in the order of sending, whichever client's pipe was read first."""
    log = log_of([
        Sent("b", 1, OpenTenant(), 2.0),
        Sent("a", 1, OpenTenant(), 1.0),
        Answered("a", 1, 3.0, None, None),
    ])  # fmt: skip

    assert [(each.client, each.told) for each in log if isinstance(each, Call)] == [
        ("a", Told.DONE),
        ("b", Told.UNKNOWN),
    ]


def test_what_no_quiet_shop_answers_is_told_from_what_any_does() -> None:
    """That an order has shipped already is an answer; that the database is locked is none."""
    refused = Call("a", OpenTenant(), 1.0, 2.0, error=IllegalTransition("shipped already"))
    broken = Call("b", OpenTenant(), 1.0, 2.0, error=ServiceUnavailable("database is locked"))

    assert unforeseen([refused, broken]) == ["b was told ServiceUnavailable: database is locked (OpenTenant)"]


def test_a_process_that_dies_on_an_answer_has_told_it(tmp_path: Path) -> None:
    """It dies right after as many answers as it was told, and its death is no trouble; a missing story is."""
    shop = Shop(f"sqlite:///{tmp_path}/shop.db", skus=2, pieces=100)
    story = "proof.crowd.stories:trade"
    with Crowd([Task(shop.url, "a", 2, story, dies_after=7), Task(shop.url, "b", 2, story)], os.environ) as crowd:
        crowd.go()
        crowd.wait(PATIENCE, ended=1)
        crowd.kill()
    with Crowd([Task(shop.url, "c", 1, "proof.crowd.stories:no_such")], os.environ) as broken:
        broken.go()
        broken.stop()

    records = crowd.records()
    assert sum(isinstance(each, Answered) and each.client.startswith("a") for each in records) == 7
    assert not [each for each in records if isinstance(each, Trouble)]
    assert [each.what for each in broken.records() if isinstance(each, Trouble)] == ["the process ended with 1"]
