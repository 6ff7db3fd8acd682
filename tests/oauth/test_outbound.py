"""One look-up: only public addresses, only what was asked for, never for long (MD04–MD07)."""

import gzip
import json
import os
import socket
import ssl
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import httpcore2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.outbound import LookUpFailed, Outbound
from blueprints.outbound.addresses import is_public, system_resolver
from blueprints.outbound.fetch import fetch
from models.oauth.uri import parse
from tests.oauth.internet import PUBLIC, Canary, Internet, drip, reply

URL = "https://app.example/client.json"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

# Every way to write this machine or a neighbour of it as the host of a URL.
_INWARD_HOSTS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.1 0177.0.0.1 017700000001 0 0.0.0.0 127.0.0.2
localhost localhost. LOCALHOST foo.localhost localhost.localdomain ip6-localhost [::1] [::] [0:0:0:0:0:0:0:1]
[::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1%25lo] [::1%25lo]
10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 2852039166 100.64.0.1 [fc00::1] [fd00:ec2::254] [fe80::1] [ff02::1]
１２７.０.０.１ 127。0。0。1 ⓛocalhost 127.0.0.1. 127.0.0.1%00.app.example app.example@127.0.0.1 127.0.0.1:80@app.example
127.0.0.1%2f.app.example app.example:443@127.0.0.1 app.example\\@127.0.0.1 127.0.0.1\\.app.example
"""
_INWARD_ADDRESSES = """
127.0.0.1 127.8.9.1 0.0.0.0 0.1.2.3 10.1.2.3 172.31.255.255 192.168.255.1 169.254.169.254 100.64.0.1 100.127.255.255
192.0.0.192 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
168.63.129.16 ::1 :: ::ffff:127.0.0.1 ::ffff:93.184.215.14 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::5db8:d70e
64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:db8::1 2002:7f00:1:: 2002:5db8:d70e:: 3fff::1 5f00::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff02::1 0177.0.0.1 2130706433 127.1 0x7f000001 localhost
"""


@pytest.fixture(scope="module")
def _internet() -> Iterator[Internet]:
    internet = Internet("app.example", "other.example", "xn--bcher-kva.example")
    yield internet
    internet.close()


@pytest.fixture
def internet(_internet: Internet) -> Internet:
    for log in (_internet.requests, _internet.connections, _internet.resolved, _internet.server_names):
        log.clear()
    _internet.addresses["app.example"] = (PUBLIC,)
    _internet.answers = {"/client.json": reply(b'{"a":1}')}
    return _internet


@pytest.fixture
def canary() -> Iterator[Canary]:
    canary = Canary()
    yield canary
    canary.close()


def failure(outbound: Outbound, url: str = URL) -> str:
    with pytest.raises(LookUpFailed) as failed:
        outbound.get(url, asked_by="198.51.100.7")
    assert str(failed.value) == "The document could not be fetched."
    return failed.value.reason


def test_a_document_is_fetched_over_tls_from_the_checked_address_under_its_name(internet: Internet) -> None:
    assert json.loads(internet.outbound().get(URL, asked_by="198.51.100.7")) == {"a": 1}
    assert internet.connections == [(PUBLIC, 443)]
    assert internet.server_names == ["app.example"]
    assert internet.resolved == ["app.example"]
    request = internet.requests[0].lower()
    assert request.startswith("get /client.json http/1.1\r\nhost: app.example\r\n")
    assert "accept-encoding: identity" in request
    assert "cookie" not in request


def test_port_query_and_path_parameters_reach_the_server_unchanged(internet: Internet) -> None:
    internet.answers["/a;v=1/b%20c?x=1&y"] = reply(b"[]", content_type="application/jwk-set+json; charset=utf-8")
    assert internet.outbound().get("https://app.example:8443/a;v=1/b%20c?x=1&y", asked_by="198.51.100.7") == b"[]"
    assert internet.connections == [(PUBLIC, 8443)]
    assert "host: app.example:8443\r\n" in internet.requests[0].lower()


@pytest.mark.threat("MD05")
def test_no_spelling_of_an_inward_host_opens_a_connection(canary: Canary, internet: Internet) -> None:
    socket.create_connection(("127.0.0.1", canary.port)).close()
    socket.create_connection(("::1", canary.port)).close()
    while len(canary.visits) < 2:
        time.sleep(0.01)
    real = Outbound(trust=internet.trust)
    for host in _INWARD_HOSTS.split():
        failure(real, f"https://{host}:{canary.port}/client.json")
        failure(real, f"https://{host}/client.json")
    time.sleep(0.2)
    assert len(canary.visits) == 2


@pytest.mark.threat("MD05")
@pytest.mark.parametrize("address", _INWARD_ADDRESSES.split())
def test_a_name_that_leads_inwards_opens_no_connection(address: str, internet: Internet) -> None:
    internet.addresses["app.example"] = (address,)
    assert failure(internet.outbound()) == "ConnectError"
    assert internet.connections == []


@pytest.mark.threat("MD05")
def test_names_that_the_machine_itself_resolves_inwards_open_no_connection(canary: Canary, internet: Internet) -> None:
    def own_addresses(host: str) -> list[str]:
        return [*system_resolver("localhost"), *(str(a[4][0]) for a in socket.getaddrinfo(socket.gethostname(), None))]

    outbound = Outbound(resolver=own_addresses, trust=internet.trust)
    assert failure(outbound, f"https://app.example:{canary.port}/client.json") == "ConnectError"
    time.sleep(0.1)
    assert canary.visits == []


@pytest.mark.threat("MD05")
def test_of_a_mixed_answer_only_the_public_address_is_used_and_the_name_is_resolved_once(internet: Internet) -> None:
    internet.addresses["app.example"] = ("127.0.0.1", "::1", PUBLIC, "10.0.0.1")
    internet.outbound().get(URL, asked_by="198.51.100.7")
    assert internet.connections == [(PUBLIC, 443)]
    assert internet.resolved == ["app.example"]


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_every_public_address_is_a_global_unicast_one(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not (address.is_multicast or address.is_private or address.is_loopback or address.is_link_local)
        assert getattr(address, "ipv4_mapped", None) is None
        assert getattr(address, "sixtofour", None) is None
        assert getattr(address, "teredo", None) is None


def test_ordinary_addresses_are_public() -> None:
    for address in (PUBLIC, "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"):
        assert is_public(address)


@pytest.mark.threat("MD06")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("to", ["https://127.0.0.1/", "https://other.example/client.json", "/client.json"])
def test_no_redirect_is_followed(internet: Internet, status: str, to: str) -> None:
    internet.answers["/moved"] = reply(b"{}", f"Location: {to}", status=status)
    assert failure(internet.outbound(), "https://app.example/moved") == "status"
    assert len(internet.requests) == len(internet.connections) == 1


def test_proxies_of_the_environment_are_not_used(internet: Internet, canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setitem(os.environ, name, f"http://127.0.0.1:{canary.port}")
    internet.outbound().get(URL, asked_by="198.51.100.7")
    assert internet.connections == [(PUBLIC, 443)]
    assert canary.visits == []


def test_a_certificate_for_another_name_or_from_an_unknown_authority_is_refused(internet: Internet) -> None:
    internet.addresses["stranger.example"] = (PUBLIC,)
    assert failure(internet.outbound(), "https://stranger.example/client.json") == "ConnectError"
    outbound = Outbound(resolver=internet.resolve, network=internet)
    assert failure(outbound) == "ConnectError"
    assert internet.requests == []


def test_a_trust_store_that_checks_nothing_cannot_be_given() -> None:
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    with pytest.raises(ValueError, match="must check"):
        Outbound(trust=blind)
    blind.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="must check"):
        Outbound(trust=blind)


@pytest.mark.threat("MD07")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply(b"x" * 5121), "size"),
        (reply(b"x" * 10, "Content-Encoding: gzip"), "encoding"),
        (reply(gzip.compress(b"0" * 10_000_000)[:5000], "Content-Encoding: gzip"), "encoding"),
        (reply(b"{}", content_type="text/html"), "type"),
        (reply(b"{}", content_type="application/jsonp"), "type"),
        (reply(b"{}", status="500 Oops"), "status"),
        (reply(b"", status="204 No Content"), "status"),
        (lambda c: c.sendall(HEAD + b"Content-Length: 1000000000\r\n\r\n"), "size"),
        (drip(HEAD + b"\r\n", b"x" * 65536, 0, 100), "size"),
        (drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n", 0, 50), "size"),
        (lambda c: c.sendall(HEAD + b"Content-Length: 10\r\n\r\n{}"), "RemoteProtocolError"),
        (lambda c: c.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "RemoteProtocolError"),
        (lambda c: c.sendall(HEAD + b"Content-Length: -1\r\n\r\n"), "RemoteProtocolError"),
        (lambda c: c.sendall(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000), "RemoteProtocolError"),
        (lambda c: c.close(), "RemoteProtocolError"),
    ],
)
def test_a_faulty_answer_is_refused(internet: Internet, answer: object, reason: str) -> None:
    internet.answers["/bad"] = answer  # type: ignore[assignment]
    assert failure(internet.outbound(), "https://app.example/bad") == reason


def test_a_body_of_exactly_the_limit_is_taken(internet: Internet) -> None:
    internet.answers["/full"] = reply(b"x" * 5120)
    assert len(internet.outbound().get("https://app.example/full", asked_by="198.51.100.7")) == 5120


@pytest.mark.threat("MD07")
def test_a_body_of_one_byte_a_second_costs_five_seconds_and_no_more(internet: Internet) -> None:
    internet.answers["/slow"] = drip(HEAD + b"Content-Length: 5000\r\n\r\n", b" ", 1, 30)
    started = time.monotonic()
    assert failure(internet.outbound(), "https://app.example/slow") == "ReadTimeout"
    assert 4.5 < time.monotonic() - started < 10  # of 30


@pytest.mark.threat("MD07")
@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", 0.05, 100),
        drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05, 100),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05, 100),
        drip(b"", b"", 0.5, 10),
    ],
)
def test_no_way_of_dawdling_outlasts_the_deadline(internet: Internet, answer: object) -> None:
    internet.answers["/client.json"] = answer  # type: ignore[assignment]
    assert_ends_in_time(internet, internet)


@pytest.mark.threat("MD07")
def test_a_handshake_that_dawdles_and_a_resolver_that_hangs_end_in_time(internet: Internet) -> None:
    class Dawdler(httpcore2.SyncBackend):
        def connect_tcp(self, *args: object, **kwargs: object) -> httpcore2.NetworkStream:
            return super().connect_tcp("127.0.0.1", listener.getsockname()[1])

    with socket.create_server(("127.0.0.1", 0)) as listener:  # the kernel accepts; nobody ever says a word
        assert_ends_in_time(internet, Dawdler())
    internet.resolve = lambda host: time.sleep(3) or (PUBLIC,)  # type: ignore[method-assign,func-returns-value]
    try:
        assert_ends_in_time(internet, internet)
    finally:
        del internet.resolve


def assert_ends_in_time(internet: Internet, network: httpcore2.NetworkBackend) -> None:
    started = time.monotonic()
    with pytest.raises(LookUpFailed):
        fetch(parse(URL), resolver=internet.resolve, trust=internet.trust, network=network, seconds=0.5)
    assert time.monotonic() - started < 2.5  # the shortest of the dawdlers goes on for 3
