"""The sender: one request, one answer, whatever the other end does."""

from __future__ import annotations

import resource
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from certificates import authority
from small_shop import spin_until

from proof.endpoints import FLOODS, CountedSocket, Endpoint, Talk, answering, dripping, mute, saying, silent
from vectis_core import AddressRules
from vectis_core.errors import UsageError
from vectis_core.webhooks.transport import NotDelivered, Post
from vectis_webhooks import HttpTransport, open_transport
from vectis_webhooks.resolving import UnknownHost, resolve

#: In seconds: long enough for a machine under load where an answer is expected, short where none is.
PATIENT, SHORT = 30.0, 0.4
#: One every twentieth of a second: long enough to see an attempt outlast its deadline, and not for ever.
DROPS = 100
LOOPBACK = ["127.0.0.0/8", "::1"]


@attrs.frozen
class Counted:
    """Dials as ever, and counts what is read from each connection that it makes."""

    read: list[int] = attrs.field(factory=list)

    def dial(self, address: tuple[str, int], seconds: float) -> socket.socket:
        """Open a connection."""
        return CountedSocket(socket.create_connection(address, seconds), self.read)


@pytest.fixture(name="sender")
def _sender() -> Iterator[HttpTransport]:
    sender = open_transport(AddressRules(LOOPBACK))
    yield sender
    sender.close()


def post(url: str, deadline: float = PATIENT, **headers: str) -> Post:
    """Return a request."""
    return Post(url, (("Content-Type", "application/json"), *headers.items()), b'{"event":"told"}', deadline)


def failure(sender: HttpTransport, url: str, deadline: float = PATIENT) -> str:
    """Return by which kind of failure a post ends."""
    with pytest.raises(NotDelivered) as caught:
        sender.post(post(url, deadline))
    return caught.value.kind


def test_what_is_sent_comes_as_it_is(sender: HttpTransport) -> None:
    """Method, path with its parameters, query, headers and body; and nothing beside what HTTP needs."""
    with Endpoint(answering(201, "Retry-After: 7", body=b"thanks")) as endpoint:
        answer = sender.post(post(f"{endpoint.url()}/a;b=1?c=d%20e", **{"webhook-id": "evt_1"}))

    [request] = endpoint.received
    assert request.line == "POST /hook/a;b=1?c=d%20e HTTP/1.1"
    assert request.body == b'{"event":"told"}'
    assert request.headers == {
        "host": f"127.0.0.1:{endpoint.port}",
        "content-type": "application/json",
        "webhook-id": "evt_1",
        "content-length": "16",
    }
    assert (answer.code, answer.retry_after, answer.excerpt) == (201, "7", b"thanks")


def test_an_ipv6_address_has_its_brackets(sender: HttpTransport) -> None:
    """The header Host is an authority, so it has them."""
    with Endpoint(answering(), "::1") as endpoint:
        assert sender.post(post(endpoint.url())).code == 200

    assert endpoint.received[0].headers["host"] == f"[::1]:{endpoint.port}"


@pytest.mark.parametrize("code", [200, 204, 301, 302, 307, 308, 400, 404, 410, 429, 500, 503])
def test_an_answer_is_returned_whatever_its_status(sender: HttpTransport, code: int) -> None:
    """No redirect is followed, to wherever it leads, and no status is an exception."""
    with Endpoint(answering()) as elsewhere, Endpoint(answering(code, f"Location: {elsewhere.url()}")) as endpoint:
        assert sender.post(post(endpoint.url())).code == code

    assert len(endpoint.received) == 1
    assert elsewhere.connections == 0


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_a_connection_is_kept(tmp_path: Path, secure: bool) -> None:
    """Ten requests in a row take one connection, with TLS and without."""
    server, client = authority(tmp_path, "shop.example")
    sender = HttpTransport(AddressRules(LOOPBACK), ssl_context=client, resolver=lambda _host, _port: ["127.0.0.1"])
    with Endpoint(answering(body=b"ok"), tls=server if secure else None) as endpoint:
        codes = [sender.post(post(endpoint.url("shop.example"))).code for _ in range(10)]
        sender.close()

    assert codes == [200] * 10
    assert len(endpoint.received) == 10
    assert endpoint.connections == 1


def test_many_endpoints_keep_their_connections() -> None:
    """A hundred of them in turn take a connection each, and no more in the second round."""
    sender = HttpTransport(AddressRules(LOOPBACK), resolver=lambda _host, _port: ["127.0.0.1"])
    with Endpoint(answering()) as endpoint:
        for number in [*range(100), *range(100)]:
            assert sender.post(post(endpoint.url(f"shop{number}.example"))).code == 200
        sender.close()

    assert endpoint.connections == 100


def test_threads_share_the_sender(sender: HttpTransport) -> None:
    """Sixteen threads post at once: each gets its own answer, and there are no more connections than threads."""

    def echo(talk: Talk) -> None:
        for request in talk.requests():
            body = request.headers["webhook-id"].encode()
            talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    with Endpoint(echo) as endpoint, ThreadPoolExecutor(16) as threads:
        posts = [post(endpoint.url(), **{"webhook-id": f"evt_{number}"}) for number in range(400)]
        excerpts = [answer.excerpt.decode() for answer in threads.map(sender.post, posts)]
        sender.close()

    assert excerpts == [f"evt_{number}" for number in range(400)]
    assert endpoint.connections <= 16


def test_a_connection_that_was_closed_meanwhile_is_no_failure(sender: HttpTransport) -> None:
    """The other end closes it without a word while it is idle, or just as the next request comes."""

    def close_at_the_second(talk: Talk) -> None:
        for number, _ in enumerate(talk.requests()):
            if number:
                return
            talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with Endpoint(close_at_the_second) as endpoint:
        codes = [sender.post(post(endpoint.url())).code for _ in range(5)]
        endpoint.drop()
        codes.append(sender.post(post(endpoint.url())).code)

    assert codes == [200] * 6
    assert endpoint.connections == 6


def test_several_connections_that_were_closed_are_no_failure() -> None:
    """All connections that were kept are tried before a new one is made, and the request is answered at last."""
    sender = open_transport(AddressRules(LOOPBACK))
    together = threading.Barrier(4)

    def once(talk: Talk) -> None:
        for number, _ in enumerate(talk.requests()):
            if number:
                return
            if talk.endpoint.connections <= 4:
                together.wait(PATIENT)
            talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with Endpoint(once) as endpoint, ThreadPoolExecutor(4) as threads:
        assert [answer.code for answer in threads.map(sender.post, [post(endpoint.url())] * 4)] == [200] * 4
        assert endpoint.connections == 4
        assert sender.post(post(endpoint.url())).code == 200
        sender.close()

    assert endpoint.connections == 5


def test_what_was_heard_of_is_not_repeated(sender: HttpTransport) -> None:
    """A new connection that breaks, and a kept one that breaks after a byte of an answer, fail at once."""

    def break_off(talk: Talk) -> None:
        for number, _ in enumerate(talk.requests()):
            if number:
                talk.send(b"HTTP/1.1 2")
                return
            talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def say_nothing(talk: Talk) -> None:
        next(talk.requests())

    with Endpoint(say_nothing) as endpoint:
        assert failure(sender, endpoint.url()) == "connection_lost"
    assert len(endpoint.received) == endpoint.connections == 1

    with Endpoint(break_off) as endpoint:
        assert sender.post(post(endpoint.url())).code == 200
        assert failure(sender, endpoint.url()) in {"protocol", "connection_lost"}
    assert (len(endpoint.received), endpoint.connections) == (2, 1)


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Of another\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Of another\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nmore",
    ],
)
def test_what_comes_after_an_answer_is_no_answer_to_the_next_request(
    tmp_path: Path, answer: bytes, secure: bool
) -> None:
    """Such a connection is not kept: the next attempt neither fails by it nor takes another's status for its own."""
    server, client = authority(tmp_path, "shop.example")
    sender = HttpTransport(AddressRules(LOOPBACK), ssl_context=client, resolver=lambda _host, _port: ["127.0.0.1"])
    with Endpoint(saying(answer), tls=server if secure else None) as endpoint:
        codes = [sender.post(post(endpoint.url("shop.example"))).code for _ in range(3)]
        sender.close()

    assert codes == [int(answer[9:12])] * 3
    assert endpoint.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_whatever_ends_an_answer_keeps_its_connection(sender: HttpTransport, answer: bytes) -> None:
    """Headers, a body of known length, the last chunk: what ends where it should is kept open."""
    with Endpoint(saying(answer)) as endpoint:
        codes = [sender.post(post(endpoint.url())).code for _ in range(3)]

    assert set(codes) <= {200, 204}
    assert endpoint.connections == 1


@pytest.mark.parametrize(
    "cut", [b"Content-Length: 100\r\n\r\nsome of it", b"Transfer-Encoding: chunked\r\n\r\n5\r\nsome \r\n5\r\nof it"]
)
def test_an_answer_that_breaks_off_counts_by_its_status(sender: HttpTransport, cut: bytes) -> None:
    """The endpoint has said what became of it; to send it again would be a duplicate that nobody needs."""

    def break_off(talk: Talk) -> None:
        next(talk.requests())
        talk.send(b"HTTP/1.1 202 Accepted\r\n" + cut)

    with Endpoint(break_off) as endpoint:
        answer = sender.post(post(endpoint.url()))

    assert (answer.code, answer.excerpt) == (202, b"some of it")
    assert len(endpoint.received) == 1


@pytest.mark.parametrize("flood", FLOODS)
def test_little_is_read_of_an_answer_without_end(flood: str) -> None:
    """At most 64 KiB; where a status has come the answer counts, with 16 KiB of its body, and the connection is cut."""
    counted = Counted()
    sender = HttpTransport(AddressRules(LOOPBACK), dial=counted.dial)
    with Endpoint(FLOODS[flood]) as endpoint:
        for _ in range(2):
            if "body" in flood or "chunks" in flood:
                answer = sender.post(post(endpoint.url()))
                assert answer.code == 200
                assert set(answer.excerpt) == {ord("x")}
                assert len(answer.excerpt) <= 16 * 1024
            else:
                assert failure(sender, endpoint.url()) == "protocol"
        sender.close()

    assert endpoint.connections == 2
    assert 0 < sum(counted.read) <= 2 * 64 * 1024


def drip_handshake(talk: Talk) -> None:
    """Answer the greeting of TLS with a record that never comes to its end."""
    talk.connection.recv(1)
    talk.send(b"\x16\x03\x03\x3f\xff\x02")
    for _ in range(DROPS):
        talk.endpoint.closing.wait(0.05)
        talk.send(b"\x00")


#: Endpoints that have no end in time, by name; those of TLS are spoken to over https.
ENDLESS = {
    "never answers": (silent, "http"),
    "never reads": (mute, "http"),
    "drips its headers": (dripping(every=0.05, drops=DROPS), "http"),
    "drips its body": (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", every=0.05, drops=DROPS), "http"),
    "drips chunks": (
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05, DROPS),
        "http",
    ),
    "drips interim answers": (dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.05, DROPS), "http"),
    "stalls the handshake": (mute, "https"),
    "drips the handshake": (drip_handshake, "https"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_the_deadline_ends_every_attempt(sender: HttpTransport, name: str) -> None:
    """However often something comes on the way, and whatever the attempt is waiting for."""
    behaviour, scheme = ENDLESS[name]
    with Endpoint(behaviour) as endpoint:
        assert failure(sender, endpoint.url(scheme=scheme), SHORT) == "timeout"


def test_a_body_that_nobody_reads_ends_with_the_deadline(sender: HttpTransport) -> None:
    """Writing has no more time than reading."""
    with Endpoint(mute) as endpoint, pytest.raises(NotDelivered, match="timeout"):
        sender.post(Post(endpoint.url(), (), b"x" * (1 << 26), SHORT))


def test_a_name_that_hangs_ends_with_the_deadline_and_delays_no_other() -> None:
    """Forty names hang in the resolver; another one is resolved all the same, and one that hangs is asked for once."""
    release = threading.Event()
    asked: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        if host.startswith("hangs"):
            release.wait(PATIENT)
        return ["127.0.0.1"]

    sender = HttpTransport(AddressRules(LOOPBACK), resolver=resolver)
    with Endpoint(answering()) as endpoint, ThreadPoolExecutor(40) as threads:
        urls = [endpoint.url(f"hangs{number}.example") for number in range(40)] * 2
        kinds = list(threads.map(lambda url: failure(sender, url, SHORT), urls))
        assert sender.post(post(endpoint.url("quick.example"))).code == 200
        release.set()
        sender.close()

    assert kinds == ["timeout"] * 80
    assert len(asked) == 41
    assert endpoint.connections == 1


def test_a_resolver_that_breaks_is_a_name_that_is_not_known() -> None:
    """Whatever it raises, nobody waits for its answer any more; nor for that of one that finds nothing."""

    def broken(_host: str, _port: int) -> list[str]:
        raise ValueError("a resolver that is broken")

    threads_hook, threading.excepthook = threading.excepthook, lambda _args: None
    try:
        assert failure(HttpTransport(AddressRules(), resolver=broken), "https://shop.example/") == "dns"
    finally:
        threading.excepthook = threads_hook
    assert failure(HttpTransport(AddressRules(), resolver=lambda _host, _port: []), "https://shop.example/") == "dns"


def test_a_name_that_no_thread_could_be_had_for_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the moment it is not known; the next attempt does not wait for an answer that never comes."""
    sender = HttpTransport(AddressRules(LOOPBACK), resolver=lambda _host, _port: ["127.0.0.1"])
    with Endpoint(answering()) as endpoint:
        url = endpoint.url("shop.example")
        with monkeypatch.context() as exhausted:

            def start(_thread: threading.Thread) -> None:
                raise RuntimeError("can't start new thread")

            exhausted.setattr(threading.Thread, "start", start)
            assert failure(sender, url) == "dns"
        assert sender.post(post(url)).code == 200
        sender.close()


def test_of_several_addresses_the_first_that_answers_is_taken() -> None:
    """One at which nobody listens, then one that does."""
    sender = HttpTransport(AddressRules(LOOPBACK), resolver=lambda _host, _port: ["127.0.0.9", "127.0.0.1"])
    with Endpoint(answering()) as endpoint:
        assert sender.post(post(endpoint.url("shop.example"))).code == 200
        sender.close()


def test_an_address_that_does_not_answer_leaves_time_for_the_next() -> None:
    """Each has its share of what is left, so that the last can still be spoken to."""
    shares: list[float] = []

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        shares.append(seconds)
        if len(shares) < 4:
            raise TimeoutError
        return socket.create_connection(address, seconds)

    sender = HttpTransport(AddressRules(LOOPBACK), resolver=lambda _host, _port: ["127.0.0.1"] * 100, dial=dial)
    with Endpoint(answering()) as endpoint:
        sender.post(post(endpoint.url("shop.example"), deadline=80))
        sender.close()

    assert len(shares) == 4
    assert shares[0] <= 80 / 8


def test_failures_have_their_kinds(sender: HttpTransport, tmp_path: Path) -> None:
    """A word each, which says nothing about our network."""
    server, _ = authority(tmp_path, "shop.example")
    with Endpoint(answering(), tls=server) as distrusted:
        assert failure(sender, distrusted.url()) == "tls"
    assert failure(sender, distrusted.url()) == "connect"
    with Endpoint(lambda talk: talk.send(b"220 a server of mail\r\n")) as plain:
        assert failure(sender, plain.url(scheme="https")) == "tls"
    with Endpoint(saying(b"no HTTP at all\r\n\r\n")) as junk:
        assert failure(sender, junk.url()) == "protocol"
    # The resolver refuses it unasked: no label of a name has more than 63 characters.
    with pytest.raises(UnknownHost):
        resolve("a" * 64 + ".example", 443)
    assert failure(open_transport(AddressRules()), "https://10.0.0.1/") == "refused_address"


def test_a_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    """Dialling an address that was looked up beforehand does not loosen it."""
    server, client = authority(tmp_path, "shop.example")
    sender = HttpTransport(AddressRules(LOOPBACK), ssl_context=client, resolver=lambda _host, _port: ["127.0.0.1"])
    with Endpoint(answering(), tls=server) as endpoint:
        assert sender.post(post(endpoint.url("shop.example"))).code == 200
        assert failure(sender, endpoint.url("other.example")) == "tls"
        sender.close()

    assert [request.headers["host"] for request in endpoint.received] == [f"shop.example:{endpoint.port}"]


def test_a_failed_handshake_leaves_no_socket_open(sender: HttpTransport) -> None:
    """The endpoint sees its connection end, though the sender lives on."""
    ended = threading.Event()

    def refuse(talk: Talk) -> None:
        talk.send(b"HTTP/1.1 400 Speak TLS to somebody else\r\n\r\n")
        try:
            while talk.connection.recv(4096):
                pass
        finally:
            ended.set()

    with Endpoint(refuse) as endpoint:
        with pytest.raises(NotDelivered) as caught:
            sender.post(post(endpoint.url(scheme="https")))
        spin_until(ended.is_set)

    assert caught.value.kind == "tls"


def test_proxies_of_the_environment_are_not_used(sender: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve the name once more, and dial what it likes."""
    with Endpoint(answering(502)) as proxy, Endpoint(answering()) as endpoint:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert sender.post(post(endpoint.url())).code == 200

    assert proxy.connections == 0


@pytest.mark.parametrize("value", ["a\r\nX-More: b", "a\nb", "a\x00b"])
def test_a_header_cannot_smuggle_another(sender: HttpTransport, value: str) -> None:
    """What is no value of a header is not sent."""
    with Endpoint(answering()) as endpoint, pytest.raises(NotDelivered, match="protocol"):
        sender.post(post(endpoint.url(), **{"X-Webhook-Event": value}))

    assert endpoint.received == []


def test_descriptors_beyond_1023_are_waited_for(tmp_path: Path) -> None:
    """As a server with many connections has them; ``select`` cannot."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048:
        pytest.skip("this machine lets no process have so many descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2048), hard))
    server, client = authority(tmp_path, "shop.example")
    sender = HttpTransport(AddressRules(LOOPBACK), ssl_context=client, resolver=lambda _host, _port: ["127.0.0.1"])
    held: list[socket.socket] = []
    try:
        while not held or held[-1].fileno() < 1100:
            held.append(socket.socket())
        with Endpoint(answering(), tls=server) as endpoint:
            assert [sender.post(post(endpoint.url("shop.example"))).code for _ in range(2)] == [200, 200]
            sender.close()
        assert endpoint.connections == 1
    finally:
        for each in held:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_network_must_be_one() -> None:
    """The operator is told, and not at the first delivery."""
    with pytest.raises(UsageError, match=r"10\.1\.0\.0/16"):
        AddressRules(["10.1.2.3/16"])
