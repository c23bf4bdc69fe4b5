"""Mutants that proofs use as their negative control."""

from __future__ import annotations

from proof.builds import Mutant

#: Wakes everyone of a batch before it is committed: what a crash or a failed commit then undoes had been told.
ANSWER_BEFORE_COMMIT = Mutant(
    name="answer-before-commit",
    file="vectis_core/engine/batch.py",
    before="""                committing = True
                transaction.commit()
""",
    after="""                from vectis_core.engine.tickets import wake_all

                _settle(verdicts)
                wake_all(tickets)
                committing = True
                transaction.commit()
""",
    fault="callers are answered before the commit",
    killed_by=("tests/engine/test_interrupts.py::test_answers_wait_for_the_commit_refusals_too",),
)
