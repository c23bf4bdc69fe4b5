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

#: SQLite answers a transaction that has read and then wants to write after another has: busy, at once and for good.
DEFERRED_BEGIN = Mutant(
    name="deferred-begin",
    file="backends/vectis_sqlite/store.py",
    before="""                self._writer.execute("BEGIN IMMEDIATE")
""",
    after="""                self._lock.release()
                self._writer.execute("BEGIN")
""",
    fault="a transaction begins deferred, without the lock between processes",
    killed_by=(
        "tests/concurrency/test_processes.py::test_four_processes_of_sixteen_threads_sell_exactly_what_there_is",
    ),
)
