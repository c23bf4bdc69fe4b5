"""A reference model of webhooks: plain lists and the rules as the documentation tells them, slow and simple.

It knows nothing of the engine: not its handlers, its schedule, nor how it finds what is due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs

#: Seconds before the second, third ... attempt.
DELAYS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
_BUSY = {408, 425, 429}
_NEVER = datetime.min.replace(tzinfo=UTC)
_DAY = 86_400
#: Nothing is put further ahead than that ...
_FAR = timedelta(hours=30)
#: ... and no lease begins so long after now, unless the clock was set back.
_AHEAD = timedelta(minutes=1)


@attrs.define(eq=False)
class Hook:
    """A webhook."""

    id: str
    url: str
    events: tuple[str, ...]
    status: str = "active"
    told: int = 0
    token: int = 0
    leased_until: datetime | None = None
    claimed_at: datetime | None = None
    rests_until: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    failed: int = 0
    sent: list[Sent] = attrs.Factory(list)

    def wants(self, kind: str) -> bool:
        """Return whether it is told of a type of event."""
        return self.status != "deleted" and kind != "webhook.test" and asks_for(self.events, kind)

    def forget(self) -> None:
        """Begin without a past."""
        self.failing_since, self.failures, self.failed, self.rests_until = None, 0, 0, None

    def free(self, now: datetime) -> bool:
        """Return whether it can be claimed, if anything is due."""
        leased = not self.stranded(now) and (self.leased_until or _NEVER) > now
        return self.status == "active" and not leased and has_come(self.rests_until or _NEVER, now)

    def stranded(self, now: datetime) -> bool:
        """Return whether it was leased before the clock was set back."""
        return self.leased_until is not None and (self.claimed_at or _NEVER) > now + _AHEAD

    def begin_anew(self, now: datetime) -> None:
        """Have its lease begin now."""
        if self.leased_until is not None and self.claimed_at is not None:
            self.leased_until, self.claimed_at = now + (self.leased_until - self.claimed_at), now

    def due(self, now: datetime) -> list[Sent]:
        """Return what can be tried, in turn."""
        waiting = [each for each in self.sent if each.status == "pending"]
        first = sorted((each for each in waiting if not each.answers), key=_place)
        again = [each for each in waiting if each.answers and has_come(each.due_at, now)]
        again.sort(key=lambda each: (each.due_at, each.id))
        turns = []
        while first or again:
            retry = again and (not first or again[0].due_at <= first[0].due_at)
            turns.append((again if retry else first).pop(0))
        return turns


@attrs.define(eq=False)
class Sent:
    """A delivery."""

    event: str
    kind: str
    position: int
    trigger: str
    status: str
    due_at: datetime
    #: The status of each answer, ``None`` where none came, and where it had gone.
    answers: list[tuple[int | None, str]] = attrs.Factory(list)
    id: str = ""


@attrs.define(eq=False)
class Replaying:
    """A replay that is not done."""

    hook: Hook
    since: datetime
    until: datetime
    types: tuple[str, ...]
    done: bool = False


@attrs.frozen
class Happened:
    """An event."""

    id: str
    kind: str
    position: int
    at: datetime


def has_come(moment: datetime, now: datetime) -> bool:
    """Return whether a moment has come, or lies further ahead than anything can be put."""
    return moment <= now or moment > now + _FAR


def _place(sent: Sent) -> tuple[bool, int, str]:
    return sent.trigger == "replay", sent.position, sent.id


def asks_for(filters: Sequence[str], kind: str) -> bool:
    """Return whether one of the filters brings a type."""
    return any(each in {"*", kind, f"{kind.split('.', maxsplit=1)[0]}.*"} for each in filters)


@attrs.define(eq=False)
class Webhooks:
    """All webhooks of a tenant."""

    now: datetime
    hooks: list[Hook] = attrs.Factory(list)
    replays: list[Replaying] = attrs.Factory(list)
    feed: list[Happened] = attrs.Factory(list)

    def happens(self, event: Happened) -> None:
        """Tell whoever asks for it at this moment."""
        self.feed.append(event)
        for hook in self.hooks:
            if hook.wants(event.kind):
                self.send(hook, event, "event", "pending" if hook.status == "active" else "skipped")

    def send(self, hook: Hook, event: Happened, trigger: str, status: str = "pending") -> Sent:
        """Put an event on its way."""
        made = Sent(event.id, event.kind, event.position, trigger, status, self.now)
        hook.sent.append(made)
        return made

    def change(self, hook: Hook, url: str | None, events: tuple[str, ...] | None, active: bool | None) -> None:
        """Change what is given."""
        if url is not None and url != hook.url:
            hook.url, hook.leased_until = url, None
            hook.token += 1
            hook.forget()
        if events is not None:
            hook.events = events
        if active is True and hook.status != "active":
            hook.status = "active"
            hook.forget()
        if active is False and hook.status == "active":
            hook.status = "paused"

    def end(self, hook: Hook) -> None:
        """Delete a webhook."""
        hook.status, hook.leased_until = "deleted", None
        hook.token += 1

    def claim(self, well: int, ailing: int, most: int, seconds: int) -> list[tuple[Hook, list[Sent]]]:
        """Lease what is due: those that were not claimed for longest first."""
        left = {False: well, True: ailing}
        leases = []
        for hook in sorted(self.hooks, key=self._turn):
            ails = hook.failures > 0
            due = hook.due(self.now) if hook.free(self.now) and left[ails] else []
            if due:
                left[ails] -= 1
                if hook.stranded(self.now):
                    # It takes a place this once, and its holder goes on for as long as at first.
                    hook.begin_anew(self.now)
                    continue
                leases.append((hook, due[: 1 if ails else most]))
                hook.token += 1
                hook.claimed_at, hook.leased_until = self.now, self.now + timedelta(seconds=seconds)
        return leases

    def _turn(self, hook: Hook) -> tuple[datetime, datetime, str]:
        """Those claimed before the clock was set back, or never, come first."""
        claimed_at = hook.claimed_at or _NEVER
        return (claimed_at if claimed_at <= self.now else _NEVER, claimed_at, hook.id)

    def settle(
        self,
        hook: Hook,
        token: int,
        answers: Sequence[tuple[Sent, int | None, int | None]],
        seconds: int,
    ) -> bool:
        """Note what was answered, with what was asked for in ``Retry-After``; return whether it counts."""
        if hook.token != token or hook.status == "deleted":
            return False
        for sent, code, asked in answers:
            if sent.status == "pending":
                self._answered(hook, sent, code, asked)
        hook.leased_until = None
        if seconds:
            hook.claimed_at, hook.leased_until = self.now, self.now + timedelta(seconds=seconds)
        return True

    def _answered(self, hook: Hook, sent: Sent, code: int | None, asked: int | None) -> None:
        sent.answers.append((code, hook.url))
        if code is not None and 200 <= code <= 299:
            sent.status = "delivered"
            hook.forget()
            return
        count = len(sent.answers)
        if code == 410 or count == 10:
            sent.status = "exhausted"
        else:
            busy = 60 if code is None or code in _BUSY or code >= 500 else 0
            wait = max(DELAYS[count - 1], busy, min(asked or 0, _DAY))
            sent.due_at = self.now + timedelta(seconds=wait)
        self._failed(hook, code, asked, first=count == 1)

    def _failed(self, hook: Hook, code: int | None, asked: int | None, *, first: bool) -> None:
        hook.failures += 1
        hook.failed += first
        hook.failing_since = hook.failing_since or self.now
        rest = min(30 * 2 ** (hook.failures - 5), 900) if hook.failures >= 5 else 0
        rest = max(rest, min(asked or 0, _DAY))
        hook.rests_until = self.now + timedelta(seconds=rest) if rest else None
        days = (self.now - hook.failing_since).total_seconds() / _DAY
        # One that is paused stays so, and nobody is told twice.
        if hook.status == "active" and (code == 410 or (days >= 5 and hook.failed >= 20)):
            hook.status = "disabled"
            hook.told += 1

    def redeliver(self, hook: Hook, sent: Sent) -> Sent | None:
        """Send once more; return the new delivery, ``None`` where the old one is hurried instead."""
        hook.rests_until = None
        if sent.status == "pending":
            sent.due_at = self.now
            return None
        event = next(each for each in self.feed if each.id == sent.event)
        return self.send(hook, event, "redelivery")

    def finish_replays(self) -> None:
        """Make everything that is to be replayed, however many steps that takes."""
        for replay in self.replays:
            if not replay.done and replay.hook.status != "deleted":
                for event in self.feed:
                    is_meant = asks_for(replay.types, event.kind) and event.kind != "webhook.test"
                    if replay.since <= event.at < replay.until and is_meant:
                        self.send(replay.hook, event, "replay")
            replay.done = True
