"""Faults in the stores: guards and constraints that are not there, states that are stale or shared."""

from __future__ import annotations

from proof.builds import Mutant

_SQLITE = "tests/backends/test_sqlite.py::TestSqlite::"
_MEMORY = "tests/backends/test_memory.py::TestMemory::"
_STATEMENTS = "backends/vectis_sqlite/statements.py"
_SCHEMA = "backends/vectis_sqlite/migrations/0001_shop.sql"
_STORE = "backends/vectis_sqlite/store.py"
_TRANSACTION = "backends/vectis_sqlite/transaction.py"

STORAGE = (
    Mutant(
        name="stock-not-guarded-by-ledger",
        file=_STATEMENTS,
        before="AND warehouse_id = ? AND ledger_seq = ? AND event_seq = ?",
        after="AND warehouse_id = ? AND ? IS NOT NULL AND event_seq = ?",
        fault="a balance is written over one that moved on meanwhile",
        killed_by=(f"{_SQLITE}test_a_stock_record_that_moved_on_is_not_overwritten",),
    ),
    Mutant(
        name="stock-not-guarded-by-events",
        file=_STATEMENTS,
        before="AND warehouse_id = ? AND ledger_seq = ? AND event_seq = ?",
        after="AND warehouse_id = ? AND ledger_seq = ? AND ? IS NOT NULL",
        fault="a reorder point is written over one that was changed meanwhile",
        killed_by=(f"{_SQLITE}test_a_stock_record_that_moved_on_is_not_overwritten",),
    ),
    Mutant(
        name="order-not-guarded",
        file=_STATEMENTS,
        before='"cancelled_at = ?, event_seq = ? WHERE tenant = ? AND id = ? AND event_seq = ?"',
        after='"cancelled_at = ?, event_seq = ? WHERE tenant = ? AND id = ? AND ? IS NOT NULL"',
        fault="an order is written over one that moved on meanwhile",
        killed_by=(f"{_SQLITE}test_an_order_that_moved_on_is_not_overwritten",),
    ),
    Mutant(
        name="promise-not-guarded",
        file=_STATEMENTS,
        before='"AND stock_id = ? AND open = ?"',
        after='"AND stock_id = ? AND ? IS NOT NULL"',
        fault="a promise that was spent is spent again",
        killed_by=(f"{_SQLITE}test_a_promise_that_was_spent_is_not_spent_again",),
    ),
    Mutant(
        name="rate-window-not-guarded",
        file=_STATEMENTS,
        before="WHERE key = ? AND granted = ?",
        after="WHERE key = ? AND ? IS NOT NULL",
        fault="two processes are granted the same part of a rate limit",
        killed_by=(f"{_SQLITE}test_a_window_that_moved_on_is_not_overwritten",),
    ),
    Mutant(
        name="refused-rows-not-counted",
        file="backends/vectis_sqlite/writing.py",
        before="    if changed != len(values):\n",
        after="    if changed > len(values):\n",
        fault="rows that a guard kept from being written are not missed",
        killed_by=(f"{_SQLITE}test_a_row_that_is_not_there_is_not_changed",),
    ),
    Mutant(
        name="no-check-of-balances",
        file=_SCHEMA,
        before="  CHECK (0 <= reserved AND reserved <= on_hand)\n",
        after="  CHECK (0 <= reserved)\n",
        fault="the database itself would keep an oversold record",
        killed_by=(f"{_SQLITE}test_nothing_is_oversold",),
    ),
    Mutant(
        name="no-check-of-promises",
        file=_SCHEMA,
        before="  open INTEGER NOT NULL CHECK (open BETWEEN 0 AND quantity),\n",
        after="  open INTEGER NOT NULL,\n",
        fault="the database itself would keep a promise below nothing",
        killed_by=(f"{_SQLITE}test_a_promise_is_neither_negative_nor_grows",),
    ),
    Mutant(
        name="no-check-of-lines",
        file=_SCHEMA,
        before="  CHECK (quantity = waiting + reserved + shipped + cancelled)\n",
        after="  CHECK (quantity > 0)\n",
        fault="the database itself would keep a line whose pieces do not add up",
        killed_by=(f"{_SQLITE}test_a_lines_pieces_add_up",),
    ),
    Mutant(
        name="no-check-of-the-ledger",
        file=_SCHEMA,
        before="  CHECK (0 <= reserved_after AND reserved_after <= on_hand_after)\n",
        after="  CHECK (0 <= reserved_after)\n",
        fault="the database itself would keep an impossible balance in the ledger",
        killed_by=(f"{_SQLITE}test_the_ledger_holds_no_impossible_balance",),
    ),
    Mutant(
        name="external-ids-not-unique",
        file=_SCHEMA,
        before="  UNIQUE (tenant, external_id),\n",
        after="",
        fault="the database itself would keep two orders with one external id",
        killed_by=(f"{_SQLITE}test_an_external_id_is_taken_once",),
    ),
    Mutant(
        name="event-numbers-not-unique",
        file=_SCHEMA,
        before="  PRIMARY KEY (tenant, position),\n  UNIQUE (tenant, subject_id, sequence)\n",
        after="  PRIMARY KEY (tenant, position)\n",
        fault="the database itself would keep two events with one number",
        killed_by=(f"{_SQLITE}test_a_number_of_an_event_is_given_once",),
    ),
    Mutant(
        name="no-foreign-keys",
        file="backends/vectis_sqlite/connections.py",
        before='            "foreign_keys = ON",\n',
        after='            "foreign_keys = OFF",\n',
        fault="rows may point to nothing, and into another tenant",
        killed_by=(f"{_SQLITE}test_rows_point_into_their_own_tenant", f"{_SQLITE}test_rows_point_to_something"),
    ),
    Mutant(
        name="database-closed-without-lock",
        file=_STORE,
        before="            with self._lock.held():\n                self._writer.close()\n",
        after="            self._writer.close()\n",
        fault="the checkpoint of who closes last overlaps another process's commit",
        killed_by=("tests/sqlite/test_files.py::test_the_log_is_left_alone_while_another_process_writes",),
    ),
    Mutant(
        name="database-opened-without-lock",
        file=_STORE,
        before="            with self._lock.held(), translated():\n",
        after="            with translated():\n",
        fault="two processes that open a new file migrate it at once",
        killed_by=("tests/sqlite/test_files.py::test_no_file_is_opened_while_another_process_writes",),
    ),
    Mutant(
        name="failed-begin-keeps-the-lock",
        file=_STORE,
        before='            self._writer.execute("ROLLBACK")\n        self._lock.release()\n',
        after='            self._writer.execute("ROLLBACK")\n',
        fault="a transaction that was interrupted as it began locks out all other processes",
        killed_by=("tests/sqlite/test_interrupts.py",),
    ),
    Mutant(
        name="lock-kept-after-the-end",
        file=_TRANSACTION,
        before="            self._release()\n            self._open = False\n",
        after="            self._open = False\n",
        fault="a transaction that has ended locks out all other processes",
        killed_by=("tests/sqlite/test_files.py::test_a_link_and_its_file_share_one_lock",),
    ),
    Mutant(
        name="readers-write",
        file="backends/vectis_sqlite/connections.py",
        before='?mode=ro")',
        after='?mode=rwc")',
        fault="who only looks may make or change a file",
        killed_by=("tests/sqlite/test_files.py::test_who_reads_cannot_write",),
    ),
    Mutant(
        name="view-not-one-state",
        file=_STORE,
        before='            connection.execute("BEGIN")\n',
        after="            connection.total_changes\n",
        fault="a reader sees half of what was committed while it reads",
        killed_by=(f"{_SQLITE}test_a_view_stays_as_it_is_while_others_write",),
    ),
    Mutant(
        name="reader-left-in-the-past",
        file=_STORE,
        before='            if connection.in_transaction:\n                connection.execute("COMMIT")\n',
        after="            connection.in_transaction\n",
        fault="a reading connection is given back with its old state",
        killed_by=(f"{_SQLITE}test_nothing_is_seen_before_the_commit",),
    ),
    Mutant(
        name="writer-not-opened-anew",
        file=_STORE,
        before="            self._writer = self._opened(self.database_id)\n",
        after="            self._check_usable()\n",
        fault="the connection whose sync failed is written with again",
        killed_by=("tests/sqlite/test_files.py::test_a_failed_commit_leaves_no_transaction_behind",),
    ),
    Mutant(
        name="recovered-with-less",
        file=_STORE,
        before="            self._writer = self._opened(self.database_id)\n",
        after='            self._synchronous = "NORMAL"\n            self._writer = self._opened(self.database_id)\n',
        fault="after a failed commit the writer is opened anew without its durability",
        killed_by=("tests/sqlite/test_schema.py::test_durability_is_the_default",),
    ),
    Mutant(
        name="lock-given-back-before-the-commit",
        file=_TRANSACTION,
        before="""            try:
                self._connection.execute("COMMIT")
            except""",
        after="""            try:
                self._release()
                self._connection.execute("COMMIT")
            except""",
        fault="another process may checkpoint while a commit is still written",
        killed_by=("tests/proof/test_programme.py::test_the_rule_holds[sqlite-version-gate]",),
    ),
    Mutant(
        name="orders-share-an-address",
        file="backends/vectis_sqlite/writing.py",
        before="    _pairs(connection, pairs, sql.INSERT_ORDER, rows.order_row, sql.UPDATE_ORDER, rows.order_change)\n",
        after="""    first = rows.order_row(pairs[0][1])[9]
    own = rows.order_row
    _pairs(
        connection,
        pairs,
        sql.INSERT_ORDER,
        lambda order: (*own(order)[:9], first, *own(order)[10:]),
        sql.UPDATE_ORDER,
        rows.order_change,
    )
""",
        fault="all orders of a batch go to the address of the first",
        killed_by=(f"{_SQLITE}test_orders_written_at_once_stay_apart",),
    ),
    Mutant(
        name="events-share-their-data",
        file="backends/vectis_sqlite/writing.py",
        before="        values.append(rows.event_row(event, last[event.tenant]))\n",
        after="""        row = rows.event_row(event, last[event.tenant])
        values.append((*row[:-1], rows.event_row(events[0], 0)[-1]))
""",
        fault="all events of a batch tell what the first one tells",
        killed_by=(f"{_SQLITE}test_orders_written_at_once_stay_apart",),
    ),
    Mutant(
        name="failed-commit-forgotten",
        file=_TRANSACTION,
        before="                self._failed = True\n",
        after="                self._failed = False\n",
        fault="an interrupt during a failing commit tells the callers that it was made",
        killed_by=("tests/sqlite/test_interrupts.py::test_while_a_commit_fails",),
    ),
    Mutant(
        name="undone-by-the-database-unseen",
        file=_TRANSACTION,
        before="        if not self._connection.in_transaction:\n            raise ServiceUnavailable(",
        after="        if self._connection is None:\n            raise ServiceUnavailable(",
        fault="a transaction that the database rolled back by itself is told as committed",
        killed_by=("tests/engine/test_within.py::test_a_statement_that_rolled_back_is_no_unknown_outcome",),
    ),
    Mutant(
        name="host-ends-the-transaction",
        file="backends/vectis_sqlite/host.py",
        before="        sqlite3.SQLITE_TRANSACTION,\n",
        after="",
        fault="the host can commit half of an order from inside within=",
        killed_by=("tests/engine/test_within.py::test_the_connection_refuses_what_is_not_the_hosts",),
    ),
    Mutant(
        name="counter-not-written",
        file="backends/vectis_sqlite/writing.py",
        before="        connection.executemany(sql.GROW_COUNTER, counters)\n",
        after="        connection.executemany(sql.GROW_COUNTER, counters[1:])\n",
        fault="the totals of lists fall behind",
        killed_by=(f"{_SQLITE}test_flushing_twice_adds_up", f"{_SQLITE}test_orders_by_every_filter"),
    ),
    Mutant(
        name="results-cleared-at-their-age",
        file=_STATEMENTS,
        before="FROM results WHERE created_at < ? ORDER BY created_at",
        after="FROM results WHERE created_at <= ? ORDER BY created_at",
        fault="a result is cleared at its last moment instead of after it",
        killed_by=(f"{_SQLITE}test_what_has_aged_is_cleared",),
    ),
    Mutant(
        name="window-cleared-too-late",
        file=_STATEMENTS,
        before="WHERE ends_at <= ? ORDER BY ends_at",
        after="WHERE ends_at < ? ORDER BY ends_at",
        fault="a window that ends now is kept",
        killed_by=(f"{_SQLITE}test_what_has_aged_is_cleared",),
    ),
    Mutant(
        name="memory-stock-not-guarded",
        file="backends/vectis_memory/writing.py",
        before='    guard(state.stock, key, before, "ledger_seq", "event_seq")\n',
        after='    guard(state.stock, key, before, "tenant")\n',
        fault="in memory a balance is written over one that moved on meanwhile",
        killed_by=(f"{_MEMORY}test_a_stock_record_that_moved_on_is_not_overwritten",),
    ),
    Mutant(
        name="memory-promise-not-checked",
        file="backends/vectis_memory/constraints.py",
        before="    if not 0 <= row.open <= row.quantity or row.quantity < 1:\n",
        after="    if row.quantity < 1:\n",
        fault="in memory a promise below nothing is kept",
        killed_by=(f"{_MEMORY}test_a_promise_is_neither_negative_nor_grows",),
    ),
)
