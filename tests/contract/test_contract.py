"""Each face, behind a real server, keeps to the description whatever is drawn; ``make contract`` tries longer."""

from __future__ import annotations

import pytest
from contract.run import FACES, served, tried

#: All faces answer by the same code: the first is tried most, the others for what is their own.
EXAMPLES = {"ASGI": (3, 20), "WSGI": (1, 12), "Flask": (1, 12)}


@pytest.mark.parametrize("face", FACES)
def test_a_face_keeps_to_the_description(face: str) -> None:
    """No failure of the server, no status, header or body beside the description, nothing let in that it forbids."""
    of_each, of_stories = EXAMPLES[face]
    with served(face) as target:
        drawn = tried(target, examples=of_each, seed=1, phases="examples,fuzzing")
        stories = tried(target, examples=of_stories, seed=1, phases="stateful")

    assert drawn.is_good, drawn.said
    assert drawn.cases > 200
    assert stories.is_good, stories.said
    # Stories that go on with what an answer told, and not only calls one after the other.
    assert stories.links > 10, stories.said
