"""What is remembered for a short while."""

from __future__ import annotations

from access.world import Time

from vectis_http.access.recent import Recent


class Source:
    """Something that is read, and counts how often."""

    def __init__(self) -> None:
        self.reads: list[str] = []

    def read(self, key: str) -> int:
        """Return how many reads there have been."""
        self.reads.append(key)
        return len(self.reads)


def recent(source: Source, time: Time) -> Recent[str, int]:
    """Return a memory of two keys for a second."""
    return Recent(source.read, age_max=1.0, size=2, monotonic=time.monotonic)


def test_a_value_is_read_again_when_it_is_too_old() -> None:
    """A value is used for its age and read again after it, or sooner where that is asked for."""
    time, source = Time(), Source()
    kept = recent(source, time)
    assert [kept.get("a"), kept.get("a")] == [1, 1]
    time.pass_by(1.0)
    assert kept.get("a") == 1
    assert kept.get("a", age_max=0.5) == 2
    time.pass_by(1.1)
    assert kept.get("a") == 3


def test_a_forgotten_value_is_read_again() -> None:
    """Forgetting one key has it read again, and leaves others."""
    time, source = Time(), Source()
    kept = recent(source, time)
    assert [kept.get("a"), kept.get("b")] == [1, 2]
    kept.forget("a")
    assert [kept.get("b"), kept.get("a")] == [2, 3]


def test_memory_is_bounded() -> None:
    """The key that was read longest ago goes when there are too many."""
    time, source = Time(), Source()
    kept = recent(source, time)
    for key in "abc":
        kept.get(key)
    assert [kept.get("c"), kept.get("b")] == [3, 2]
    assert kept.get("a") == 4
