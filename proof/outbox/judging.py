"""What the endpoints saw, held against what happened in the shop."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import attrs

from proof.outbox.receiving import Arrival, Mood
from vectis_core.events import Event


@attrs.frozen
class Expected:
    """What must come to one endpoint."""

    endpoint: str
    events: Sequence[Event]


@attrs.frozen
class Verdict:
    """What is wrong, and how often endpoints were told twice."""

    violations: list[str]
    duplicates: int
    #: Answers that endpoints gave and that got lost on their way.
    lost_answers: int


def judged(arrivals: Sequence[Arrival], expected: Iterable[Expected]) -> Verdict:
    """Judge all that came, in its order."""
    by_endpoint: Mapping[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        by_endpoint[arrival.endpoint].append(arrival)
    found = [f"{each.endpoint}: event {each.event_id} is signed badly" for each in arrivals if not each.is_signed]
    duplicates = 0
    for each in expected:
        came = by_endpoint[each.endpoint]
        taken = Counter(arrival.event_id for arrival in came if arrival.is_taken)
        wanted = {event.id for event in each.events}
        duplicates += sum(taken.values()) - len(taken)
        found += [f"{each.endpoint} was never told of {event}" for event in wanted - set(taken)]
        found += [f"{each.endpoint} was told of {event}, which it did not ask for" for event in set(taken) - wanted]
        found += out_of_order(came) + out_of_lease(came)
    return Verdict(found, duplicates, sum(each.mood is Mood.LOST for each in arrivals))


def out_of_order(came: Iterable[Arrival]) -> list[str]:
    """Return where the first attempt of an event comes after that of a later one of the same subject.

    An event of which only a later attempt came was attempted before, by somebody who died before the request was out.
    """
    found = []
    newest: dict[str, int] = {}
    seen: set[str] = set()
    for each in came:
        if each.event_id in seen:
            continue
        seen.add(each.event_id)
        if each.attempt == 1 and each.sequence < newest.get(each.subject, 0):
            found.append(f"{each.endpoint}: {each.sequence} of {each.subject} comes after {newest[each.subject]}")
        newest[each.subject] = max(each.sequence, newest.get(each.subject, 0))
    return found


def out_of_lease(came: Iterable[Arrival]) -> list[str]:
    """Return where somebody goes on after another has taken over.

    The one request that was about to leave when its process stalled may come at any time.
    """
    found = []
    newest = 0
    late: Counter[int] = Counter()
    for each in came:
        newest = max(newest, each.lease)
        late[each.lease] += each.lease < newest
        if each.lease < newest and late[each.lease] == 2:
            found.append(f"{each.endpoint}: lease {each.lease} goes on beside lease {newest}")
    return found
