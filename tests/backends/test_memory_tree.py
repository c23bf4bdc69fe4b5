"""The sorted map under the memory backend behaves as a sorted dict that is copied at every change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vectis_memory.tree import WIDTH, SortedMap

KEYS = st.tuples(st.sampled_from(["", "a", "a\x00", "ab", "b"]), st.integers(0, 9 * WIDTH))
CHANGES = st.lists(st.tuples(KEYS, st.booleans()), max_size=12 * WIDTH)


def built(changes: list[tuple[tuple[str, int], bool]]) -> tuple[SortedMap[int], dict[tuple[str, int], int]]:
    """Return a map and a dict after the same changes."""
    tree, brute = SortedMap[int](), dict[tuple[str, int], int]()
    for number, (key, is_put) in enumerate(changes):
        if is_put:
            tree, brute[key] = tree.put(key, number), number
        else:
            tree = tree.without(key)
            brute.pop(key, None)
    return tree, brute


@given(CHANGES)
def test_it_holds_what_a_dict_holds_in_order(changes: list[tuple[tuple[str, int], bool]]) -> None:
    """After any changes the map holds exactly what a dict would, sorted by key."""
    tree, brute = built(changes)

    assert list(tree.items()) == sorted(brute.items())
    assert len(tree) == len(brute)


@given(CHANGES, KEYS)
def test_ranks_count_the_smaller_keys(changes: list[tuple[tuple[str, int], bool]], key: tuple[str, int]) -> None:
    """The rank of a key is the number of smaller keys, whether or not the map has it."""
    tree, brute = built(changes)

    assert tree.rank(key) == sum(1 for other in brute if other < key)
    assert tree.get(key) == brute.get(key)
    assert (key in tree) == (key in brute)


@given(CHANGES, st.integers(0, 400), st.integers(0, 400))
def test_ranges_run_both_ways(changes: list[tuple[tuple[str, int], bool]], start: int, length: int) -> None:
    """A range by rank is a slice of the sorted entries, and backwards it is that slice reversed."""
    tree, brute = built(changes)
    stop = min(start + length, len(tree))
    start = min(start, stop)
    expected = sorted(brute.items())[start:stop]

    assert list(tree.items(start, stop)) == expected
    assert list(tree.backwards(start, stop)) == expected[::-1]


@given(CHANGES, st.sampled_from(["", "a", "a\x00", "ab", "c"]))
def test_a_prefix_selects_its_own_keys(changes: list[tuple[tuple[str, int], bool]], prefix: str) -> None:
    """The entries under a prefix are those whose first place is exactly the prefix."""
    tree, brute = built(changes)

    assert list(tree.values_under((prefix,))) == [v for k, v in sorted(brute.items()) if k[0] == prefix]


def test_an_older_version_stays_as_it_was() -> None:
    """A change returns another map and leaves the one it was made from alone, at every size."""
    versions = [SortedMap[int]()]
    for number in range(5 * WIDTH):
        versions.append(versions[-1].put(("t", number), number))
    for number in range(0, 5 * WIDTH, 2):
        versions.append(versions[-1].without(("t", number)))

    assert [len(version) for version in versions[: 5 * WIDTH + 1]] == list(range(5 * WIDTH + 1))
    assert [v for _, v in versions[5 * WIDTH].items()] == list(range(5 * WIDTH))
    assert [v for _, v in versions[-1].items()] == list(range(1, 5 * WIDTH, 2))
