"""How many requests a token is good for: a fixed window of 60 s for each, told in three headers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from http_faces import FORM, Shop


@pytest.fixture
def few(serve: Callable[..., Shop]) -> Shop:
    """Return a client whose token is good for five requests a minute."""
    return serve(rate_limit=5)


def test_the_limit_is_told_and_kept(few: Shop) -> None:
    """Five requests pass and count down; the sixth is a 429 that says when to come again; then all is new."""
    told = [few.get("/api/orders") for _ in range(5)]
    assert [answer.status for answer in told] == [200] * 5
    assert [answer.headers["x-ratelimit-remaining"] for answer in told] == ["4", "3", "2", "1", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in told} == {"5"}
    ends = int(told[0].headers["x-ratelimit-reset"])
    assert 60 <= ends - few.clock.now().timestamp() < 61
    few.clock.advance(20)
    refused = few.get("/api/orders")
    assert (refused.status, refused.error) == (429, "RateLimitExceeded")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["retry-after"] == "40"
    few.clock.advance(40)
    assert few.get("/api/orders").headers["x-ratelimit-remaining"] == "4"


def test_refusals_count_and_carry_the_headers(few: Shop) -> None:
    """A request that is let in and then refused is one of the five; one that is not let in is none."""
    assert few.get("/api/orders/x").headers["x-ratelimit-remaining"] == "4"
    assert few.post("/api/orders", b"no JSON").headers["x-ratelimit-remaining"] == "3"
    assert few.post("/api/orders", b"", content_type="text/plain").headers["x-ratelimit-remaining"] == "2"
    assert "x-ratelimit-remaining" not in few.get("/api/orders", token="bad").headers
    assert "x-ratelimit-remaining" not in few.get("/healthz", token=None).headers
    assert few.get("/api/orders").headers["x-ratelimit-remaining"] == "1"


def test_each_token_has_a_window_of_its_own(few: Shop) -> None:
    """What one token uses up, another still has."""
    assert [few.get("/api/orders").status for _ in range(6)] == [200] * 5 + [429]
    assert few.get("/api/orders", token=few.new_token()).status == 200


def test_servers_of_one_database_share_the_limit(serve: Callable[..., Shop]) -> None:
    """Two servers together let pass what one would, and not a request more."""
    one, two = serve(rate_limit=5), serve(rate_limit=5)
    statuses = [shop.get("/api/orders", token=one.token).status for shop in (one, two) * 4]
    assert sorted(statuses) == [200] * 5 + [429] * 3


def test_only_a_trusted_proxy_says_who_stands_behind_it(serve: Callable[..., Shop]) -> None:
    """Requests for tokens are counted by the address that a trusted proxy adds, and by nobody else's word."""
    shop = serve(trusted_proxies="10.0.0.1")

    def ask(address: str, forwarded: str | None, times: int = 1) -> int:
        headers = {"x-forwarded-for": forwarded} if forwarded else {}
        for _ in range(times):
            answer = shop.post("/oauth/token", b"", token=None, content_type=FORM, address=address, headers=headers)
        return answer.status

    assert ask("10.0.0.1", "198.51.100.7, 203.0.113.1", times=601) == 429
    assert ask("10.0.0.1", "192.0.2.99, 203.0.113.1") == 429
    assert ask("10.0.0.1", "203.0.113.1, 198.51.100.7") == 401
    assert ask("10.0.0.1", None) == 401
    assert ask("203.0.113.9", "203.0.113.77", times=601) == 429
    assert ask("203.0.113.77", None) == 401
