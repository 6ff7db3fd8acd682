"""Requests that cannot be read, over a raw socket against the server that `serve` runs: a fixed answer, and no trace of them."""

import socket
from collections.abc import Callable

import pytest

from tests.marks import Marks
from tests.servers import Server

CANARY = "crmcs_SEKRIT-canary"


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve()


def send(server: Server, raw: bytes) -> tuple[int, dict[str, str], str]:
    """Status, headers by lower-case name and body of the answer; reads until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire:
        wire.sendall(raw)
        wire.shutdown(socket.SHUT_WR)
        received = b""
        while piece := wire.recv(65_536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body.decode("utf-8")


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join((line, "Host: 127.0.0.1:{port}", *headers, "", "")).encode("latin-1") + body


def asked(server: Server, line: str, *headers: str, body: bytes = b"") -> tuple[int, dict[str, str], str]:
    raw = request(line, *headers).replace(b"{port}", str(server.port).encode())
    return send(server, raw + body)


@pytest.mark.threat("AU15", "PO15")
@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        (f"GET /oauth/authorize?client_secret={CANARY} with a space HTTP/1.1", (), 400),
        (f"GET /oauth/authorize?state={'s' * 8200}{CANARY} HTTP/1.1", (), 414),
        (f"GET /mcp?token={CANARY} HTTP/7.3", (), 400),
        (f"GET /?{CANARY} HTTP/1.1", (f"Cookie: {'c' * 17_000}{CANARY}",), 431),
        (f"GET /?{CANARY} HTTP/1.1", (f"Bad header {CANARY}: x",), 400),
        (f"GET /?{CANARY} HTTP/1.1", (f"X: a\n {CANARY}",), 400),
        (f"POST /login?{CANARY} HTTP/1.1", (f"Transfer-Encoding: {CANARY}",), 501),
        ("POST /login HTTP/1.1", ("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        (f"POST /login?{CANARY} HTTP/1.1", (f"Expect: {CANARY}",), 417),
        (f"{CANARY} / HTTP/1.1", (), 400),
    ],
    ids=["space", "long", "version", "long header", "header name", "folding", "coding", "two lengths", "expect", "method"],
)
def test_what_cannot_be_read_is_answered_in_our_form_and_neither_echoed_nor_logged(
    server: Server, marks: Marks, line: str, headers: tuple[str, ...], status: int
) -> None:
    answered, told, body = asked(server, line, *headers)
    assert answered == status
    assert told["cache-control"] == "no-store"
    assert told["connection"] == "close"
    assert told["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert body.startswith(("<!doctype html>", "{"))
    assert CANARY not in body + str(told)
    assert [(mark.verb, mark.outcome, mark.fields) for mark in marks.new()] == [("send_request", "refused", {"status": status})]
    server.stop()
    assert CANARY not in server.said
    assert "a request was refused with" in server.said


MALFORMED = {
    "size": b"ZZ\r\n%b\r\n0\r\n\r\n",
    "end": b"5\r\nabcdeXX%b\r\n0\r\n\r\n",
    "extension": b"5;%b\x00\r\nabcde\r\n0\r\n\r\n",
    "breaks off": b"ffff\r\n%b",
}


def chunked(server: Server, path: str, malformed: str) -> tuple[int, dict[str, str], str]:
    kind = "application/json" if path == "/oauth/register" else "application/x-www-form-urlencoded"
    headers = ("Transfer-Encoding: chunked", f"Content-Type: {kind}", "Authorization: Bearer nobody")
    return asked(server, f"POST {path} HTTP/1.1", *headers, body=MALFORMED[malformed] % CANARY.encode())


@pytest.mark.threat("MC07", "PO15")
@pytest.mark.parametrize("path", ["/login", "/oauth/token", "/oauth/register", "/oauth/revoke", "/signup", "/password-reset"])
def test_a_malformed_chunked_body_is_a_400_that_closes_and_leaves_no_byte_in_the_log(server: Server, path: str) -> None:
    for malformed in MALFORMED:
        answered, told, body = chunked(server, path, malformed)
        assert (malformed, answered, told["connection"], told["cache-control"]) == (malformed, 400, "close", "no-store"), body
        assert CANARY not in body
    server.stop()
    assert CANARY not in server.said
    assert "Traceback" not in server.said


@pytest.mark.parametrize("path", ["/mcp", "/api/server"])
def test_a_malformed_body_that_nobody_read_ends_the_connection_behind_the_one_answer(server: Server, path: str) -> None:
    answered, _, body = chunked(server, path, "size")
    assert answered == (401 if path == "/mcp" else 405)
    assert "HTTP/1.1" not in body
    server.stop()
    assert CANARY not in server.said
