"""A real SMTP server on loopback that keeps what it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext
from time import monotonic, sleep
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.databases import free_port


@dataclass
class PostOffice:
    """Where mail arrives; `user` and `password` when it asks for them."""

    url: str = ""
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    signed_in_as: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        self.letters.append(message_from_bytes(envelope.content or b"", policy=policy.default))  # type: ignore[arg-type]
        self.recipients += envelope.rcpt_tos
        return "250 kept"

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in_as.append(f"{data.login.decode()}:{data.password.decode()}")
        return AuthResult(success=True)

    def wait_for(self, number: int) -> list[EmailMessage]:
        until = monotonic() + 10
        while len(self.letters) < number and monotonic() < until:
            sleep(0.02)
        assert len(self.letters) == number
        return self.letters


@contextmanager
def open_post_office(*, asks_password: bool = False, tls: SSLContext | None = None) -> Iterator[PostOffice]:
    """Open for the block, at `url`; with `tls` it offers STARTTLS."""
    office, port = PostOffice(), free_port()
    options: dict[str, Any] = {}
    if asks_password:
        options |= {"authenticator": office.check, "auth_required": True, "auth_require_tls": False}
    if tls is not None:
        options["tls_context"] = tls
    controller = Controller(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    office.url = f"smtp://us%40er:p%3Aw@127.0.0.1:{port}" if asks_password else f"smtp://127.0.0.1:{port}"
    try:
        yield office
    finally:
        controller.stop()
