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

#: Every batch names the same rows, and each asks for them from whichever end its moment says.
UNSORTED_LOCKING = Mutant(
    name="unsorted-locking",
    file="vectis_core/identity_map.py",
    before="self.transaction.load_stock(sorted(keys.stock_ids), sorted(keys.stock_skus))",
    after=(
        "self.transaction.load_stock(*(sorted(each, reverse=self.now.microsecond % 2 == 1) "
        "for each in (keys.stock_ids, keys.stock_skus)))"
    ),
    fault="each batch asks for stock in an order of its own",
    killed_by=("tests/proof/test_lock_order.py::test_batches_ask_for_their_rows_in_one_order",),
)

#: Each line takes what it gets, and only an order that gets nothing is refused.
HELD_LINE_BY_LINE = Mutant(
    name="held-line-by-line",
    file="vectis_core/stock/allocation.py",
    before="    if short:\n",
    after="    if len(short) == len(wanted):\n",
    fault="an order of which one line fits is accepted, with the others held in part or not at all",
    killed_by=("tests/core/test_allocation.py::test_it_fails_exactly_where_the_sum_of_a_sku_is_short",),
)

#: In WAL mode the log is then synced before a checkpoint only, not at a commit.
SYNCHRONOUS_NORMAL = Mutant(
    name="synchronous-normal",
    file="backends/vectis_sqlite/store.py",
    before='    synchronous: str = "FULL",\n',
    after='    synchronous: str = "NORMAL",\n',
    fault="an acknowledged order is lost when the power fails",
    killed_by=("tests/sqlite/test_schema.py::test_durability_is_the_default",),
)

#: What is left is SQLite's own lock among writers, which a checkpoint does not need.
NO_LOCK_AMONG_PROCESSES = Mutant(
    name="no-lock-among-processes",
    file="backends/vectis_sqlite/lock.py",
    before="            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
    after="            return True\n",
    fault="a checkpoint of one process overlaps a commit of another",
    killed_by=("tests/sqlite/test_files.py::test_a_link_and_its_file_share_one_lock",),
)

#: What undoes half a commit is gone with the process.
JOURNAL_IN_MEMORY = Mutant(
    name="journal-in-memory",
    file="backends/vectis_sqlite/connections.py",
    before="""    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
""",
    after="""    mode = connection.execute("PRAGMA journal_mode = MEMORY").fetchone()[0]
    if mode != "memory":
""",
    fault="the journal that undoes half a commit is kept in memory",
    killed_by=("tests/sqlite/test_schema.py::test_durability_is_the_default",),
)

#: Each statement of a migration is committed by itself, and so is the note that it was applied.
MIGRATION_IN_PIECES = Mutant(
    name="migration-in-pieces",
    file="backends/vectis_sqlite/schema.py",
    before="""        migrations(name=name)(_step(name))
    connection.create_function("track_key", 2, track_key, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(connection, execute_plugins=False), stop_before=stop_before)
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('database_id', ?)", (str(uuid.uuid4()),))
        connection.execute("COMMIT")
""",
    after="""        migrations(name=name, transactional=False)(_step(name))
    connection.create_function("track_key", 2, track_key, deterministic=True)
    try:
        migrations.apply(Database(connection, execute_plugins=False), stop_before=stop_before)
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('database_id', ?)", (str(uuid.uuid4()),))
""",
    fault="a migration is committed statement by statement",
    killed_by=("tests/sqlite/test_schema.py::test_a_failing_migration_leaves_the_file_as_it_was",),
)

#: Every write after a failed commit is refused until the program is started anew.
NO_WAY_BACK = Mutant(
    name="no-way-back",
    file="vectis_core/engine/batch.py",
    before="            self._store.recover()\n            self._broken = False\n",
    after='            raise ServiceUnavailable("A commit failed: start the program again")\n',
    fault="a store is not made ready again after a commit that failed",
    killed_by=("tests/engine/test_batches.py::test_an_unknown_outcome_is_resolved_by_asking_again",),
)

#: What an order held is given back twice.
RELEASED_TWICE = Mutant(
    name="released-twice",
    file="vectis_core/handlers/stockkeeping.py",
    before="""            move(work, held.stock_id, MovementKind.RELEASE, 0, -held.open, cause)
""",
    after="""            move(work, held.stock_id, MovementKind.RELEASE, 0, -held.open, cause)
            move(work, held.stock_id, MovementKind.RELEASE, 0, -held.open, cause)
""",
    fault="cancelling gives back what the order held twice",
    killed_by=("tests/testing/test_simulate.py::test_nothing_is_wrong",),
)

#: A balance changes and no row of the ledger says why.
BALANCE_WITHOUT_ROW = Mutant(
    name="balance-without-row",
    file="vectis_core/handlers/stockkeeping.py",
    before="""    work.movements.append(movement)
""",
    after="""    if kind is not MovementKind.RELEASE:
        work.movements.append(movement)
""",
    fault="a release changes the balance and writes no row of the ledger",
    killed_by=("tests/testing/test_simulate.py::test_nothing_is_wrong",),
)

#: A reader that does not end makes the log grow for as long as others write.
LOG_WITHOUT_LIMIT = Mutant(
    name="log-without-limit",
    file="backends/vectis_sqlite/log.py",
    before="        if size > self._full and not self._emptied(connection):\n            self._push_back(size)\n",
    after="",
    fault="the write-ahead log grows without limit beside a long reader",
    killed_by=("tests/sqlite/test_log_limit.py::test_writers_are_pushed_back_before_the_log_is_too_long",),
)

#: It reads in one transaction, writes in the next, and trusts that nobody has written between: the lost update. It
#: takes its time in between, so that a few tries are enough to see it.
READ_MODIFY_WRITE = Mutant(
    name="read-modify-write",
    file="backends/vectis_sqlite/transaction.py",
    before="""        with translated():
            write(self._connection, changes)
""",
    after="""        sql.UPDATE_STOCK = sql.UPDATE_STOCK.replace("ledger_seq = ? AND event_seq =", "0 < ? + 1 +")
        sql.INSERT_MOVEMENT = sql.INSERT_MOVEMENT.replace("INSERT INTO", "INSERT OR REPLACE INTO")
        import threading

        with translated():
            self._connection.execute("COMMIT")
            self._release()
            threading.Event().wait(0.002)
            self._connection.execute("BEGIN IMMEDIATE")
            write(self._connection, changes)
""",
    fault="stock is read in one transaction and written in another, without a guard",
    killed_by=(
        "tests/concurrency/test_processes.py::test_four_processes_of_sixteen_threads_sell_exactly_what_there_is",
    ),
)

#: What a worker has read counts as told: the habit of whoever remembers the last id that was read.
CURSOR_AT_THE_CLAIM = Mutant(
    name="cursor-at-the-claim",
    file="vectis_core/handlers/delivering.py",
    before="        left[is_ailing] -= 1\n        leases.append(",
    after="""        for parcel in parcels:
            work.put_delivery(attrs.evolve(parcel.delivery, status=DeliveryStatus.DELIVERED, due_at=None))
        left[is_ailing] -= 1
        leases.append(""",
    fault="deliveries count as made once they are claimed",
    killed_by=("tests/webhooks/test_worker.py::test_a_failure_ends_the_lease",),
)

#: Whoever comes back from the dead gives back an endpoint that another has leased.
NO_TOKEN = Mutant(
    name="no-token",
    file="vectis_core/handlers/delivering.py",
    before="    if subscription is None or subscription.lease_token != command.lease_token:\n",
    after="    if subscription is None:\n",
    fault="a worker that lost its lease settles all the same",
    killed_by=("tests/webhooks/test_worker.py::test_a_worker_back_from_the_dead_frees_nothing",),
)

#: Events of one endpoint leave newest first: nothing waits for its predecessor of the same subject.
NEWEST_FIRST = Mutant(
    name="newest-first",
    file="vectis_core/handlers/delivering.py",
    before="        parcels = _parcels(work, tenant, delivery_ids[:most])\n",
    after="        parcels = _parcels(work, tenant, delivery_ids[::-1][:most])\n",
    fault="an endpoint's newest deliveries are sent first",
    killed_by=("tests/webhooks/test_worker.py::test_deliveries_of_one_lease_go_in_order",),
)

#: The habit of whoever writes what a carrier said last into a column.
LAST_WRITE_WINS = Mutant(
    name="last-write-wins",
    file="vectis_core/tracking/timeline.py",
    before="    current: Scan | None = None\n    before_final: Scan | None = None\n",
    after="    return max(scans, key=lambda scan: scan.received_at, default=None), []\n",
    fault="a parcel is where the scan that arrived last says",
    killed_by=("tests/tracking/test_timeline.py::test_what_decides",),
)

#: A repeat is filed in the place of the first, and told of again.
REPEATS_FILED_AGAIN = Mutant(
    name="repeats-filed-again",
    file="vectis_core/handlers/tracking.py",
    before="        if not command.anew or known.event == event:\n",
    after="        if command.anew and known.event == event:\n",
    fault="a scan that is reported twice is filed and told of twice",
    killed_by=("tests/tracking/test_filing.py::test_what_people_must_look_at_is_told_once",),
)
