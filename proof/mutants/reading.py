"""Faults in what is read: pages, totals, the feed, and whose rows they are."""

from __future__ import annotations

from proof.builds import Mutant

_SQLITE = "tests/backends/test_sqlite.py::TestSqlite::"
_STATEMENTS = "backends/vectis_sqlite/statements.py"
_LETTING_IN = "tests/adapters/test_letting_in.py::"
_FEED = "tests/adapters/test_feed.py::"

READING = (
    Mutant(
        name="orders-of-other-tenants",
        file=_STATEMENTS,
        before='ORDERS = select("orders", _ORDER, "tenant = ? AND id IN ({keys})")',
        after='ORDERS = select("orders", _ORDER, "? IS NOT NULL AND id IN ({keys})")',
        fault="an order is read by who knows its id, whosever it is",
        killed_by=(f"{_SQLITE}test_tenants_do_not_see_each_other",),
    ),
    Mutant(
        name="external-ids-of-other-tenants",
        file=_STATEMENTS,
        before='ORDER_IDS = "SELECT external_id, id FROM orders WHERE tenant = ?',
        after='ORDER_IDS = "SELECT external_id, id FROM orders WHERE ? IS NOT NULL',
        fault="an external id of one tenant is taken for all",
        killed_by=("tests/engine/test_batches.py::test_tenants_do_not_see_each_other",),
    ),
    Mutant(
        name="events-of-other-tenants",
        file=_STATEMENTS,
        before='EVENTS = select("events", _EVENT, "tenant = ? AND position > ?',
        after='EVENTS = select("events", _EVENT, "? IS NOT NULL AND position > ?',
        fault="the feed shows what other tenants do",
        killed_by=(f"{_SQLITE}test_tenants_do_not_see_each_other",),
    ),
    Mutant(
        name="client-of-another-tenant",
        file="vectis_core/queries.py",
        before="found if found is not None and found.tenant == tenant else None",
        after="found",
        fault="a client is shown to other tenants",
        killed_by=("tests/engine/test_batches.py::test_tenants_do_not_see_each_other",),
    ),
    Mutant(
        name="feed-skips-one",
        file=_STATEMENTS,
        before='EVENTS = select("events", _EVENT, "tenant = ? AND position > ? ORDER',
        after='EVENTS = select("events", _EVENT, "tenant = ? AND position > ? + 1 ORDER',
        fault="the first event after a cursor is never seen",
        killed_by=(f"{_SQLITE}test_the_feed_by_type_and_cursor",),
    ),
    Mutant(
        name="feed-skips-to-the-end",
        file="vectis_core/queries.py",
        before="    if len(rows) < limit and wanted:\n",
        after="    if wanted:\n",
        fault="who reads some types page by page loses all but the first page",
        killed_by=("tests/adapters/test_lists.py::test_the_feed_goes_on_from_its_cursor",),
    ),
    Mutant(
        name="feed-stands-still",
        file="vectis_core/queries.py",
        before="        position = rows[-1].position\n",
        after="        position = rows[0].position\n",
        fault="the feed's cursor goes on by one event and repeats the others",
        killed_by=("tests/adapters/test_lists.py::test_the_feed_goes_on_from_its_cursor",),
    ),
    Mutant(
        name="feed-without-order",
        file=_STATEMENTS,
        before='position > ? ORDER BY position LIMIT ?")\nEVENTS_OF_TYPE ',
        after='position > ? ORDER BY subject_id, sequence LIMIT ?")\nEVENTS_OF_TYPE ',
        fault="the feed is sorted by subject, so that a cursor passes over what came meanwhile",
        killed_by=(f"{_SQLITE}test_a_cursor_misses_nothing", f"{_SQLITE}test_the_feed_by_type_and_cursor"),
    ),
    Mutant(
        name="feed-without-groups",
        file="vectis_core/events.py",
        before="if is_asked_for(kind, filters))",
        after="if kind in filters)",
        fault="who asks the feed for order.* is shown nothing",
        killed_by=(f"{_FEED}test_the_feed_takes_the_filters_of_webhooks",),
    ),
    Mutant(
        name="feed-type-after-type",
        file="backends/vectis_sqlite/view.py",
        before="        found.sort(key=itemgetter(1))\n",
        after="",
        fault="a feed of several types is in the order of their names, and its cursor passes over events",
        killed_by=(f"{_FEED}test_the_feed_takes_the_filters_of_webhooks",),
    ),
    Mutant(
        name="event-with-an-unlisted-field",
        file="vectis_core/handlers/orders.py",
        before='"status": str(order.status)}\n',
        after='"status": str(order.status), "onHold": order.on_hold}\n',
        fault="events tell what the catalogue does not know",
        killed_by=("tests/webhooks/test_catalogue.py::test_every_type_that_is_sent_is_as_the_catalogue_says",),
    ),
    Mutant(
        name="page-repeats-its-last",
        file="backends/vectis_sqlite/lists.py",
        before='f" AND {self.id} < ?" if',
        after='f" AND {self.id} <= ?" if',
        fault="going through a list shows the last entry of each page twice",
        killed_by=(f"{_SQLITE}test_going_through_a_list_shows_nothing_twice",),
    ),
    Mutant(
        name="full-page-taken-for-the-end",
        file="vectis_core/queries.py",
        before="part.before is None and len(rows) < part.limit and",
        after="part.before is None and len(rows) <= part.limit and",
        fault="a full page is taken for the end of its list, so that the total is too small",
        killed_by=("tests/adapters/test_lists.py::test_pages_fit_together",),
    ),
    Mutant(
        name="empty-page-taken-for-the-end",
        file="vectis_core/queries.py",
        before="and (rows or part.offset == 0)\n",
        after="and (rows or part.offset >= 0)\n",
        fault="a page past the end tells its offset as the total",
        killed_by=("tests/adapters/test_lists.py::test_pages_fit_together",),
    ),
    Mutant(
        name="order-listed-for-each-line",
        file="backends/vectis_sqlite/lists.py",
        before="AND e.line_no < l.line_no)",
        after="AND e.line_no < l.line_no - 1)",
        fault="an order with a SKU on two lines is listed twice",
        killed_by=(f"{_SQLITE}test_an_order_with_a_sku_on_two_lines_is_listed_once",),
    ),
    Mutant(
        name="holders-of-nothing",
        file=_STATEMENTS,
        before="AND r.stock_id = ? AND r.open > 0 ORDER",
        after="AND r.stock_id = ? AND r.open >= 0 ORDER",
        fault="orders that hold nothing any more are named as holders",
        killed_by=("tests/adapters/test_lists.py::test_a_record_tells_who_holds_what_of_it",),
    ),
    Mutant(
        name="created-before-inclusive",
        file="backends/vectis_sqlite/lists.py",
        before="o.created_at < ?",
        after="o.created_at <= ?",
        fault="an order of midnight is listed for both days",
        killed_by=(f"{_SQLITE}test_orders_by_every_filter",),
    ),
    Mutant(
        name="ids-fall-back-with-the-clock",
        file="vectis_core/ids.py",
        before="if ms > self._last_ms or ms < self._last_ms - _SLACK_MS:",
        after="if ms != self._last_ms:",
        fault="a clock that falls back a little makes ids that sort before older ones",
        killed_by=("tests/core/test_ids.py",),
    ),
)
