"""Whatever a body says: every carrier's dialect reads it, or refuses it by its one error, and nothing out of bounds."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers.payload import read_body
from vectis_core.checking import problems_of
from vectis_core.tracking.carrier import UnreadablePayload, carrier_names, carrier_of
from vectis_core.tracking.model import Parsed, TrackingEvent

SAMPLES = {
    carrier: [
        json.loads(path.read_text("utf-8"))
        for path in sorted((Path(__file__).parent / "samples").glob(f"{carrier}_*.json"))
    ]
    for carrier in carrier_names()
}
NOW = datetime(2026, 9, 12, tzinfo=UTC)


def members(value: Any) -> Iterator[str]:
    """Yield the names of all members of a payload, also of one within a text."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from members(inner)
    if isinstance(value, str) and value.startswith("{"):
        yield from members(json.loads(value))


def texts(value: Any) -> Iterator[str]:
    """Yield all texts of a payload, such as its codes."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)


#: What no carrier means, and some may send.
ODD: list[Any] = [
    *("", " ", "\x00", "\ud800", "\u200b", "0", "-1", "9" * 700, "{}", "[["),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59"),
    *("2026-02-30", "20260230", "00010101", "99991231", "24:00:00", "+99:99", "-14.00"),
    *("https://example.com/" + "x" * 3000, "<b>&amp;&#0;</b>"),
    *(None, True, 0, -1, 10**50, 1.5, [], {}, [[]], [{}], ["x"], {"x": "y"}),
]


def json_values(carrier: str) -> st.SearchStrategy[Any]:
    """Return any JSON, with a liking for the members and the texts that the carrier uses."""
    names = sorted({name for sample in SAMPLES[carrier] for name in members(sample)})
    known = sorted({text for sample in SAMPLES[carrier] for text in texts(sample)})
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([*ODD, *known])
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(names) | st.text(), inner, max_size=6)
        ),
        max_leaves=30,
    )


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return all that can be changed in a payload: each container with a name or an index in it."""
    if not isinstance(value, dict | list):
        return []
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@st.composite
def mutations(draw: st.DrawFn, carrier: str) -> Any:
    """Return a sample of which members are dropped, have other types, or are nested differently."""
    payload = copy.deepcopy(draw(st.sampled_from(SAMPLES[carrier])))
    inner = json.loads(payload["payload"]) if carrier == "usps" and isinstance(payload.get("payload"), str) else None
    for _ in range(draw(st.integers(1, 4))):
        found = places(payload if inner is None or draw(st.booleans()) else inner)
        if not found:
            break
        container, key = draw(st.sampled_from(found))
        value = container[key]
        change = draw(st.sampled_from(["drop", "odd", "replace", "wrap", "repeat", "unwrap", "move"]))
        if change == "drop":
            del container[key]
        elif change == "odd":
            container[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        elif change == "replace":
            container[key] = draw(json_values(carrier))
        elif change == "wrap":
            container[key] = draw(st.sampled_from([[value], {"value": value}, [[value], value]]))
        elif change == "repeat" and isinstance(value, list):
            container[key] = value * 3
        elif change == "unwrap" and isinstance(value, list) and value:
            container[key] = value[0]
        elif change == "move":
            container[key] = copy.deepcopy(draw(st.sampled_from([held[name] for held, name in found])))
    if inner is not None and isinstance(payload, dict) and isinstance(payload.get("payload"), str):
        payload["payload"] = json.dumps(inner)
    return payload


def read(carrier: str, payload: Any) -> Parsed:
    """Return what a payload is read as, nothing where it is refused; it is not changed by being read."""
    before = json.dumps(payload)
    try:
        return carrier_of(carrier).parse(payload)
    except UnreadablePayload:
        return Parsed()
    finally:
        assert json.dumps(payload) == before


def check(carrier: str, event: TrackingEvent) -> None:
    """Assert that an event is within the bounds that every store and every reader counts on."""
    assert event.carrier == carrier
    assert 1 <= len(event.tracking_number) <= 64
    assert event.tracking_number.isprintable()
    assert 1 <= len(event.code) <= 64
    assert event.code == event.code.strip()
    assert problems_of(event) == []
    assert event.occurred_at is None or event.occurred_at.utcoffset() == timedelta(0)
    assert event.local_time is None or event.local_time.tzinfo is None
    assert event.moment(NOW, None, carrier_of(carrier).default_zone).utcoffset() == timedelta(0)
    assert len(event.id) == 32
    if event.estimated_delivery is not None:
        datetime.fromisoformat(event.estimated_delivery)


def check_all(carrier: str, payload: Any) -> None:
    """Assert that a payload is read within bounds, and the same again when what is not kept has been cut."""
    parsed = read(carrier, payload)
    for event in parsed.events:
        check(carrier, event)
    for fault in parsed.faults:
        assert fault.message
        assert len(fault.path) < 500
    for notice in parsed.notices:
        assert notice.kind
        assert notice.message
    kept = json.loads(json.dumps(carrier_of(carrier).cut(payload)))
    assert [event.id for event in read(carrier, kept).events] == [event.id for event in parsed.events]


@pytest.mark.parametrize("carrier", carrier_names())
def test_every_sample_is_within_bounds(carrier: str) -> None:
    """There are some of every carrier."""
    assert SAMPLES[carrier]
    for sample in SAMPLES[carrier]:
        check_all(carrier, sample)


def with_member(payload: Any, name: str, odd: Any) -> Any:
    """Return a payload of which all members of a name are something else, also those within a text."""
    if isinstance(payload, dict):
        return {key: odd if key == name else with_member(value, name, odd) for key, value in payload.items()}
    if isinstance(payload, list):
        return [with_member(value, name, odd) for value in payload]
    if isinstance(payload, str) and payload.startswith("{"):
        return json.dumps(with_member(json.loads(payload), name, odd))
    return payload


@pytest.mark.parametrize("carrier", carrier_names())
def test_every_member_may_be_odd(carrier: str) -> None:
    """Each that the carrier has is taken for text, number, list and nothing, in the last sample that has it."""
    last = {name: sample for sample in SAMPLES[carrier] for name in members(sample)}

    for name, sample in last.items():
        for odd in ODD:
            check_all(carrier, with_member(sample, name, odd))


@pytest.mark.parametrize("carrier", carrier_names())
@given(data=st.data())
def test_any_json(carrier: str, data: st.DataObject) -> None:
    """Values of all types, in members that the carrier has and in others."""
    check_all(carrier, data.draw(json_values(carrier)))


@pytest.mark.parametrize("carrier", carrier_names())
@given(data=st.data())
def test_any_change_of_a_sample(carrier: str, data: st.DataObject) -> None:
    """What a carrier may send one day: members left out, of other types, nested otherwise."""
    check_all(carrier, data.draw(mutations(carrier)))


@pytest.mark.parametrize("carrier", carrier_names())
@given(body=st.binary(max_size=300), secret=st.text(), headers=st.dictionaries(st.text(), st.text(), max_size=3))
def test_any_bytes(carrier: str, body: bytes, secret: str, headers: dict[str, str]) -> None:
    """They are no JSON, or some; and they prove nothing, nor does an empty secret."""
    dialect = carrier_of(carrier)
    named = {dialect.default_header or "authorization": "x", **headers}

    assert dialect.authenticate(named, body, "") is False
    assert dialect.authenticate(named, body, f"{secret} is not there") is False
    try:
        payload = read_body(body)
    except UnreadablePayload:
        return
    check_all(carrier, payload)


@pytest.mark.parametrize("carrier", carrier_names())
def test_as_deep_as_a_body_may_be(carrier: str) -> None:
    """The deepest nesting that is decoded is also read and cut."""
    for opening, closing in (("[", "]"), ('{"shipments":[', "]}"), ('{"output":', "}")):
        depth = 60 // (opening.count("[") + opening.count("{"))
        check_all(carrier, read_body((opening * depth + "1" + closing * depth).encode()))
