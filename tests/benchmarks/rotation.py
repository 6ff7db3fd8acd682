"""Rotating refresh tokens over real HTTP as fast as a server answers: one family and one kept connection for each of a few
clients, every answer's token presented next."""

import json
import re
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlencode

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass
class Rotations:
    """Families of one public client at one token endpoint; `tokens` are the live ones, replaced as they rotate."""

    port: int
    path: str
    client_id: str
    tokens: list[str]

    def rate(self, seconds: float) -> float:
        """Rotations a second over all families."""
        counts = [0] * len(self.tokens)
        faults: list[bytes] = []
        started = time.perf_counter()
        until = started + seconds

        def client(number: int) -> None:
            with socket.create_connection(("127.0.0.1", self.port)) as line:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while time.perf_counter() < until:
                    line.sendall(self._request(self.tokens[number]))
                    head, body = _receive(line)
                    if b" 200 " not in head[:20]:
                        faults.append(head + body)
                        return
                    self.tokens[number] = json.loads(body)["refresh_token"]
                    counts[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(len(self.tokens))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults, faults[0][:800]
        return sum(counts) / (time.perf_counter() - started)

    def _request(self, token: str) -> bytes:
        body = urlencode({"grant_type": "refresh_token", "refresh_token": token, "client_id": self.client_id})
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(body)}\r\n"
        return f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode()


def _receive(line: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        chunk = line.recv(65536)
        if not chunk:
            return received, b""
        received += chunk
    length = _LENGTH.search(received, 0, end)
    total = end + 4 + (int(length[1]) if length else 0)
    while len(received) < total:
        received += line.recv(65536)
    return received[: end + 4], received[end + 4 :]
