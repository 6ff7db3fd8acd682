"""A kept connection is served on by the thread that has it, and keeps nobody waiting for that."""

import http.client
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.servers import Server


@pytest.fixture
def server(serve: Callable[..., Server]) -> Server:
    return serve(workers=1, threads=1)


@pytest.fixture
def line(server: Server) -> Iterator[http.client.HTTPConnection]:
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    yield kept
    kept.close()


def ask(line: http.client.HTTPConnection) -> int:
    line.request("GET", "/healthz")
    answer = line.getresponse()
    answer.read()
    return answer.status


def test_one_connection_serves_many_requests(line: http.client.HTTPConnection) -> None:
    assert ask(line) == 200
    first = line.sock
    assert [ask(line) for _ in range(20)] == [200] * 20
    assert line.sock is first


def test_a_connection_that_never_rests_leaves_the_one_thread_to_others(server: Server, line: http.client.HTTPConnection) -> None:
    asked, over = threading.Event(), threading.Event()
    answers: list[int] = []

    def hurry() -> None:
        while not over.is_set():
            answers.append(ask(line))
            asked.set()

    busy = threading.Thread(target=hurry)
    busy.start()
    try:
        assert asked.wait(20)
        for _ in range(5):
            other = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            before = len(answers)
            assert ask(other) == 200
            assert len(answers) - before < 50
            other.close()
    finally:
        over.set()
        busy.join()
    assert set(answers) == {200}


def test_two_requests_sent_at_once_are_both_answered(server: Server, line: http.client.HTTPConnection) -> None:
    line.connect()
    one = f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode()
    line.sock.sendall(one + one)
    received = b""
    while received.count(b"HTTP/1.1 200 OK") < 2:
        piece = line.sock.recv(65_536)
        assert piece
        received += piece


def test_a_server_that_stops_lets_a_connection_that_never_rests_go(server: Server, line: http.client.HTTPConnection) -> None:
    asked = threading.Event()
    ended: list[BaseException] = []
    last: list[str | None] = []

    def hurry() -> None:
        try:
            while True:
                line.request("GET", "/healthz")
                answer = line.getresponse()
                answer.read()
                last.append(answer.getheader("Connection"))
                asked.set()
        except (ConnectionError, http.client.HTTPException) as gone:
            ended.append(gone)

    busy = threading.Thread(target=hurry)
    busy.start()
    assert asked.wait(20)
    server.stop()
    busy.join(20)
    assert ended
    assert last[-1] == "close"
    assert set(last[:-1]) == {"keep-alive"}
