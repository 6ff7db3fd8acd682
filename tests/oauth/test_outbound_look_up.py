"""Many look-ups: one fetch for all who wait, a bounded cache, limits for who asks and who is asked (MD09, MD10)."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from blueprints.outbound import LookUpFailed, Outbound, look_up
from blueprints.outbound.limits import Buckets
from tests.oauth.internet import Internet, drip, reply

URL = "https://app.example/client.json"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def _internet() -> Iterator[Internet]:
    internet = Internet("app.example", "*.many.example")
    yield internet
    internet.close()


@pytest.fixture
def internet(_internet: Internet) -> Internet:
    _internet.requests.clear()
    _internet.answers = {"/client.json": reply(b'{"a":1}')}
    return _internet


@pytest.fixture
def clock() -> Clock:
    return Clock()


def fails(outbound: Outbound, url: str, asked_by: str = "198.51.100.7") -> str:
    with pytest.raises(LookUpFailed) as failed:
        outbound.get(url, asked_by=asked_by)
    return failed.value.reason


@pytest.mark.threat("MD09")
def test_a_thousand_parallel_look_ups_of_one_url_are_one_fetch(internet: Internet) -> None:
    outbound, together = internet.outbound(), threading.Barrier(1000)

    def answer(connection: socket.socket) -> None:
        time.sleep(0.5)
        reply(b'{"a":1}')(connection)

    internet.answers["/client.json"] = answer

    def look_up(number: int) -> bytes:
        together.wait()
        return outbound.get(URL, asked_by=f"198.51.100.{number % 250}")

    with ThreadPoolExecutor(1000) as pool:
        assert set(pool.map(look_up, range(1000))) == {b'{"a":1}'}
    assert len(internet.requests) == 1


@pytest.mark.threat("MD09")
def test_a_thousand_parallel_look_ups_that_fail_are_one_fetch_and_all_fail_alike(internet: Internet) -> None:
    outbound = internet.outbound()
    with ThreadPoolExecutor(100) as pool:
        reasons = set(pool.map(lambda _: fails(outbound, "https://app.example/none"), range(1000)))
    assert reasons == {"status"}
    assert len(internet.requests) == 1


@pytest.mark.threat("MD09")
def test_a_failure_is_remembered_briefly(internet: Internet, clock: Clock) -> None:
    outbound = internet.outbound(clock)
    for _ in range(5):
        fails(outbound, "https://app.example/late")
    internet.answers["/late"] = reply(b"[]")
    clock.now += look_up.FAILURE_KEPT
    assert outbound.get("https://app.example/late", asked_by="198.51.100.7") == b"[]"
    assert len(internet.requests) == 2


@pytest.mark.parametrize(
    ("cache_control", "kept"),
    [
        (None, look_up.KEPT_USUALLY),
        ("max-age=120", 120),
        ('public, MAX-AGE="120"', 120),
        ("max-age=0", look_up.KEPT_AT_LEAST),
        ("no-store", look_up.KEPT_AT_LEAST),
        ("max-age=999999999", look_up.KEPT_AT_MOST),
        ("max-age=" + "9" * 5000, look_up.KEPT_AT_MOST),
        ("max-age=-1, nonsense", look_up.KEPT_USUALLY),
    ],
)
def test_a_document_is_kept_as_long_as_its_server_says_within_bounds(
    internet: Internet, clock: Clock, cache_control: str | None, kept: float
) -> None:
    outbound = internet.outbound(clock)
    headers = [f"Cache-Control: {cache_control}"] if cache_control else []
    internet.answers["/client.json"] = reply(b"{}", *headers)
    for later, fetches in ((0, 1), (kept - 1, 1), (1, 2)):
        clock.now += later
        outbound.get(URL, asked_by="198.51.100.7")
        assert len(internet.requests) == fetches


def test_a_kept_document_that_is_too_old_for_the_caller_is_fetched_anew(internet: Internet, clock: Clock) -> None:
    outbound = internet.outbound(clock)
    outbound.get(URL, asked_by="198.51.100.7")
    clock.now += 30
    outbound.get(URL, asked_by="198.51.100.7", no_older_than=60)
    assert len(internet.requests) == 1
    outbound.get(URL, asked_by="198.51.100.7", no_older_than=10)
    assert len(internet.requests) == 2


@pytest.mark.threat("MD09")
def test_the_cache_is_bounded_and_forgets_what_was_used_longest_ago(
    internet: Internet, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_up, "MAX_KEPT", 2)
    outbound = internet.outbound(clock)
    for number in (1, 2, 1, 3):
        internet.answers[f"/{number}"] = reply(b"{}")
        outbound.get(f"https://app.example/{number}", asked_by="198.51.100.7")
    assert len(internet.requests) == 3
    outbound.get("https://app.example/1", asked_by="198.51.100.7")
    assert len(internet.requests) == 3
    outbound.get("https://app.example/2", asked_by="198.51.100.7")
    assert len(internet.requests) == 4


@pytest.mark.threat("MD10")
def test_one_address_cannot_make_the_server_fetch_without_end(internet: Internet, clock: Clock) -> None:
    outbound = internet.outbound(clock)
    reasons = [fails(outbound, f"https://h{n}.many.example/x") for n in range(50)]
    assert reasons.count("limit") == 40
    assert fails(outbound, "https://h0.many.example/y", "2001:db8::1") != "limit"
    clock.now += 6
    assert fails(outbound, "https://h60.many.example/x") != "limit"
    assert fails(outbound, "https://h61.many.example/x") == "limit"


@pytest.mark.threat("MD10")
def test_one_host_cannot_be_made_a_target_by_many_addresses(internet: Internet, clock: Clock) -> None:
    outbound = internet.outbound(clock)
    reasons = [fails(outbound, f"https://app.example/{n}", f"198.51.100.{n}") for n in range(100)]
    assert reasons == ["status"] * 30 + ["limit"] * 70
    assert len(internet.requests) == 30


@pytest.mark.threat("MD10")
def test_a_refusal_by_a_limit_is_not_remembered_as_a_failure_of_the_document(internet: Internet, clock: Clock) -> None:
    outbound = internet.outbound(clock)
    for number in range(10):
        fails(outbound, f"https://app.example/{number}")
    assert fails(outbound, URL) == "limit"
    clock.now += 6
    assert outbound.get(URL, asked_by="198.51.100.7") == b'{"a":1}'


@pytest.mark.threat("MD07")
def test_slow_documents_hold_only_a_few_threads_of_a_worker(internet: Internet) -> None:
    outbound = internet.outbound()
    for number in range(8):
        internet.answers[f"/slow{number}"] = drip(HEAD + b"\r\n", b" ", 0.1, 20)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        first = [pool.submit(fetched, outbound, f"https://app.example/slow{n}", "198.51.100.7") for n in range(3)]
        time.sleep(0.2)
        others = [pool.submit(fetched, outbound, f"https://app.example/slow{n}", f"198.51.100.{n}") for n in (3, 4, 5)]
        refused = [future for future in (*first, *others) if future.result() == "busy"]
    assert len(refused) == 2
    assert refused[0] in first
    assert time.monotonic() - started < 4


def fetched(outbound: Outbound, url: str, asked_by: str) -> str:
    try:
        return outbound.get(url, asked_by=asked_by).decode()
    except LookUpFailed as failed:
        return failed.reason


def test_a_fault_while_fetching_lets_nobody_wait_for_ever(internet: Internet) -> None:
    outbound = Outbound(resolver=internet.resolve, trust=internet.trust, network=Broken())
    with pytest.raises(ZeroDivisionError):
        outbound.get(URL, asked_by="198.51.100.7")
    assert fails(outbound, URL) == "fault"


class Broken(Internet):
    """A network with a programming error in it."""

    def __init__(self) -> None:
        """Nothing to listen on."""

    def connect_tcp(self, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        raise ZeroDivisionError


def test_a_bucket_refills_with_time_and_the_number_of_buckets_is_bounded(clock: Clock) -> None:
    buckets = Buckets(burst=2, seconds=10, clock=clock, size=2)
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    clock.now += 10
    assert [buckets.take("a") for _ in range(2)] == [True, False]
    clock.now += 1000
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    buckets.take("b")
    buckets.take("c")
    assert len(buckets._left) == 2
