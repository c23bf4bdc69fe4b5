"""What servers answer that are newer, broken, or not ours: nothing of it crashes, is believed, or tells a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from elsewhere import JANE, URL, Elsewhere, Scripted
from hypothesis import given
from hypothesis import strategies as st

from vectis_client import Client, RateLimitExceeded, Retries, UnexpectedAnswer
from vectis_client.routes import COMMANDS, QUESTIONS
from vectis_core import InsufficientStock, Item, OutcomeUnknown, UsageError, ValidationError, VectisError
from vectis_core.faces import TenantFace

NEW = "of a newer server"


@pytest.fixture(name="there")
def _there() -> Iterator[Elsewhere]:
    with Elsewhere() as there:
        yield there


class Newer(httpx.BaseTransport):
    """A server of a later version: each object has a member more, and each word of an enumeration is a new one."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the API does, and more."""
        response = self._inner.handle_request(request)
        if request.url.path.endswith("/oauth/token"):
            return response
        return httpx.Response(response.status_code, headers=response.headers, json=self._grown(response.json()))

    def _grown(self, told: Any) -> Any:
        if isinstance(told, list):
            return [self._grown(each) for each in told]
        if not isinstance(told, dict):
            return told
        words = dict.fromkeys({"status", "kind", "proof", "timeBasis", "reason"} & told.keys(), NEW)
        return {name: self._grown(each) for name, each in told.items()} | words | {"brandNew": {"a": [1]}}


def looked_at(oms: TenantFace, order_id: str) -> list[Any]:
    """Return all that there is about an order."""
    record = oms.inventory.list().page().items[0]
    pages = [oms.orders.list().page(), oms.events().page(), oms.webhooks.list().page(), oms.clients.list().page()]
    rest = [oms.orders.get(order_id), oms.orders.shipments(order_id), oms.orders.history(order_id), oms.settings.get()]
    timeline = oms.tracking.of_order(order_id)
    return [*pages, *rest, timeline, oms.inventory.movements(record.id).page(), oms.inventory.explain(record.id)]


def test_what_a_newer_server_tells_besides_is_passed_over(there: Elsewhere) -> None:
    """Members and words that this version does not know break nothing; such a word is had as a text."""
    there.face.settings.update(auto_confirm=True)
    there.face.products.create(sku="A", name="x")
    there.face.inventory.adjust(there.face.inventory.list(sku="A").page().items[0].id, 3, "delivery")
    there.face.webhooks.create("https://example.com/hook", ["*"])
    client = there.client(Newer(there.transport()))
    placed = client.orders.create(external_id="E", items=[Item("A", 1, 1)], shipping_addresses=[JANE])
    parcel = client.orders.ship(placed.order.id, carrier="UPS", tracking_number="1Z1")

    assert (placed.order.status, parcel.status) == (NEW, NEW)
    assert repr(looked_at(client, placed.order.id))
    assert client.orders.list().page().total == 1
    with pytest.raises(InsufficientStock) as short:
        client.orders.create(external_id="F", items=[Item("A", 9, 1)], shipping_addresses=[JANE])
    assert short.value.shortages[0].available == 2


@pytest.mark.parametrize(
    "details",
    [{"shortages": [1]}, {"shortages": [{}]}, {"shortages": None}, {"errors": 1}, {"errors": [{"at": 1}]}, None, {}],
    ids=repr,
)
@pytest.mark.parametrize("word", ["InsufficientStock", "ValidationError"])
def test_details_of_another_form_are_kept(there: Elsewhere, word: str, details: Any) -> None:
    """An error whose details this version cannot read still says its word, its sentence, and the details."""
    odd = httpx.Response(409, json={"error": word, "message": "No", "details": details})

    with pytest.raises(VectisError, match="No") as raised:
        there.client(Scripted(there.transport(), odd)).settings.get()

    assert word in {raised.value.code, getattr(raised.value, "error", None)}
    assert raised.value.details == (details or {})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("61", 61),
        ("9" * 5000, 999_999_999),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", 1),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        ("Mon, 01 Jan 2001 00:00:00", 0),
        ("-5", 1),
        ("soon", 1),
        ("", 1),
    ],
)
def test_whatever_retry_after_says_is_read(there: Elsewhere, text: str, seconds: int) -> None:
    """What names no wait counts for none; the error says the wait that the header names."""
    told = {"error": "RateLimitExceeded", "message": "No", "details": {}}
    late = httpx.Response(429, json=told, headers={"retry-after": text})
    client = there.client(Scripted(there.transport(), late), retries=Retries(attempts=1))

    with pytest.raises(RateLimitExceeded) as raised:
        client.settings.get()

    assert raised.value.retry_after == seconds


def test_a_missing_page_of_another_server_ends_nothing(there: Elsewhere) -> None:
    """What a proxy does not find on the second try was not ended by the first; what the API does not find, was."""
    there.face.carriers.configure("ups", secrets=["a secret of UPS"])
    page = httpx.Response(404, text="<html>no such page</html>")

    with pytest.raises(UnexpectedAnswer):
        there.client(Scripted(there.transport(), httpx.ReadTimeout("nothing"), page)).carriers.close("ups")
    assert there.client(Scripted(there.transport(), "answer lost")).carriers.close("ups").carrier == "ups"


@pytest.mark.parametrize("status", [200, 204, 304, 401, 404, 500])
@pytest.mark.parametrize("body", ["<html>\x1b[31m</html>", "", "{}", "[]", '"x"', '{"a": 1}'])
def test_what_is_no_answer_of_ours_is_one_error(there: Elsewhere, status: int, body: str) -> None:
    """Pages, empty bodies and JSON of something else are never taken for an entity, a page or an error of the API."""
    odd = httpx.Response(status, text=body, headers={"content-type": "text/html"})
    # A 401 is asked once more, with a new token.
    calls: tuple[Callable[[Client], Any], ...] = (
        lambda client: client.settings.get(),
        lambda client: client.orders.list().page(),
        lambda client: client.orders.history("x"),
        lambda client: client.products.create(sku="A", name="x"),
        lambda client: client.orders.by_external_id("A"),
    )
    for call in calls:
        with pytest.raises(UnexpectedAnswer) as raised:
            call(there.client(Scripted(there.transport(), odd, odd)))
        assert raised.value.status == status
        assert "\x1b" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["orders", "pagination", "id", "items", "status", "lines", "total", "createdAt", "limit"]),
            inner,
        )
    ),
    max_leaves=8,
)


@given(told=JSON, status=st.sampled_from([200, 400, 409]))
def test_any_json_is_an_entity_or_an_error_of_ours(told: Any, status: int) -> None:
    """Whatever JSON a server answers with, reading it fails by one error, or not at all."""
    with Elsewhere() as there:
        for read in (lambda oms: oms.orders.get("x"), lambda oms: oms.orders.list().page()):
            try:
                read(there.client(Scripted(there.transport(), httpx.Response(status, json=told))))
            except VectisError as error:
                assert isinstance(error, UnexpectedAnswer)  # noqa: PT017 - what JSON is an entity, is not said again


def test_no_error_quotes_a_token_or_a_secret(there: Elsewhere) -> None:
    """An answer of JSON that cannot be read may hold one, so it is not quoted; a page is, for it says what is wrong."""
    token = httpx.Response(200, json={"access_token": "a token", "expires": 1})
    http = httpx.Client(transport=httpx.MockTransport(lambda _: token))
    with pytest.raises(UnexpectedAnswer) as raised:
        Client.connect(URL, http=http, **there.credentials).settings.get()
    assert "a token" not in str(raised.value)

    secret = httpx.Response(201, content=json.dumps({"secret": "a secret"})[:-1], headers={"content-type": "text/json"})
    page = httpx.Response(200, text="<html>please sign in</html>")
    client = there.client(Scripted(there.transport(), secret, page))
    for expected, call in (
        ("cannot read", lambda: client.clients.create("x")),
        ("please sign in", client.settings.get),
    ):
        with pytest.raises(UnexpectedAnswer, match=expected) as quoted:
            call()
        assert "a secret" not in str(quoted.value)


@pytest.mark.parametrize("token", [None, 1, "", "a b", "a\r\nX: b", "é", ["a"]], ids=repr)
def test_what_is_no_token_is_not_sent(there: Elsewhere, token: Any) -> None:
    """A token stands in a header, so it is text that can; anything else is an answer of something else."""
    told = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(200, json=told)

    client = Client.connect(URL, http=httpx.Client(transport=httpx.MockTransport(answer)), **there.credentials)
    with pytest.raises(UnexpectedAnswer):
        client.settings.get()
    assert sent == ["/oms/oauth/token"]


@pytest.mark.parametrize("seconds", ["NaN", "1e999", '"x"', "null", "[]"])
def test_a_token_of_no_life_is_none(there: Elsewhere, seconds: str) -> None:
    """How long a token is good is a number of seconds."""
    body = f'{{"access_token": "a", "expires_in": {seconds}}}'
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text=body)))
    with pytest.raises(UnexpectedAnswer):
        Client.connect(URL, http=http, **there.credentials).settings.get()


def test_what_cannot_be_a_key_is_refused(there: Elsewhere) -> None:
    """Headers lose spaces at their ends on their way, and hold ASCII: such a key would become another one."""
    for command_id in (" a", "a ", "é", "a\n", ""):
        with pytest.raises(ValidationError, match="commandId"):
            there.client().settings.update(auto_confirm=True, command_id=command_id)


def test_what_no_client_can_work_with_is_refused_at_once() -> None:
    """Scopes in one text, no scope, no try and waits of less than nothing are mistakes of the program."""
    for scopes in ("orders:read", [], ()):
        with pytest.raises(UsageError, match="scopes"):
            Client.connect(URL, client_id="a", client_secret="b", scopes=scopes)
    for wrong in ({"attempts": 0}, {"first_wait": -1.0}, {"usual_wait": float("nan")}, {"longest_wait": -0.1}):
        with pytest.raises(UsageError):
            Retries(**wrong)  # type: ignore[arg-type]  # each is a float or an int, as its name says


@given(st.integers(1, 100_000))
def test_a_wait_is_never_longer_than_is_usual(attempt: int) -> None:
    """However often was tried before."""
    assert 0 < Retries().wait_after(attempt) <= 8


def test_a_doubt_is_told_whatever_the_answer_is(there: Elsewhere) -> None:
    """Where a command may be done and its client is closed before the next try, its outcome is not known."""
    client = there.client(Scripted(there.transport(), "answer lost"), sleep=lambda _: client.close())

    with pytest.raises(OutcomeUnknown):
        client.settings.update(auto_confirm=True)


def test_tables_hold_operations_that_end_things_only_where_they_answer_nothing() -> None:
    """Each success without a body is read by what is known without one."""
    for route in (*COMMANDS.values(), *QUESTIONS.values()):
        contents = [each.content for each in route.operation.responses.values()]
        assert (None in contents) == (route.ended is not None), route.operation.name


def test_an_id_that_is_too_long_to_send_is_refused(there: Elsewhere) -> None:
    """There is nothing of such an id, and the error is one of ours."""
    with pytest.raises(UsageError, match="address"):
        there.client().orders.get("x" * 100_000)
