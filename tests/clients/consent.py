"""The part of every sign-in that only a person can do: the client's URL in a browser, sign in, choose, Authorize."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.cast import PASSWORD
from tests.clients.node import Program
from tests.visitor import Visitor

_AUTHORIZE = re.compile(r"https?://\S+[?&]code_challenge=\S+")


@dataclass
class Owner:
    """Someone who lets apps in."""

    browser: Visitor
    email: str = "alice@demo.test"
    password: str = PASSWORD
    workspace: str = "Lotus Spa"

    def close(self) -> None:
        """Close the browser, so that a server need not wait for it when it ends."""
        self.browser.http.close()

    def authorize(self, url: str) -> str:
        """Let the app in; the address the browser is sent to then."""
        self.go(url)
        self.browser.choose(self.workspace).press("Authorize")
        assert self.browser.page is None, f"still at {self.browser.url}:\n{self.browser.text[:2000]}"
        return self.browser.url

    def revoke(self) -> None:
        """End the only app there is, on Connected apps."""
        self.go("/connected-apps")
        self.browser.press("Revoke").press("Revoke access")
        assert self.browser.status == 200

    def go(self, url: str) -> None:
        """Open a page, signing in where it asks for that."""
        self.browser.open(url)
        if "Password" in self.browser.text:
            self.browser.sign_in(self.email, self.password)


def _arrived(callback: str) -> httpx.Response:
    """What the program answers at its callback. Some print the address to sign in at a moment before they listen there, and
    a person takes longer than that.
    """
    until = time.monotonic() + 20
    while True:
        try:
            return httpx.get(callback, follow_redirects=True, timeout=20)
        except httpx.ConnectError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class Terminal(Program):
    """A program that prints the address to sign in at and listens for the answer on a loopback port of its own.

    `BROWSER=true` stands for the person's browser: whatever way the program opens one ends in a command that does nothing,
    and the owner takes the address from the terminal instead.
    """

    def __init__(self, owner: Owner, program: str, *arguments: str, home: Path | None = None, **variables: str) -> None:
        super().__init__(program, *arguments, home=home, BROWSER="true", **variables)
        self.owner = owner
        self.signed_in = 0
        self.client_id = ""
        self.trouble: BaseException | None = None

    def notice(self, line: str) -> None:
        found = _AUTHORIZE.search(line)
        if found is None:
            return
        self.client_id = parse_qs(urlsplit(found[0]).query)["client_id"][0]
        try:
            callback = self.owner.authorize(found[0])
            assert urlsplit(callback).hostname in ("127.0.0.1", "localhost"), callback
            assert _arrived(callback).status_code == 200
        except (AssertionError, httpx.HTTPError) as trouble:
            self.trouble = trouble
            self._process.kill()
        self.signed_in += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        if self.trouble is not None:
            raise self.trouble
