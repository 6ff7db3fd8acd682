"""A letter goes out only where nobody on the way can read it: it holds links that open accounts."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from models.accounts import mail
from models.accounts.mail import Letter
from tests.portal.post_office import PostOffice, open_post_office

LETTER = Letter("alice@demo.test", "Hello", "A link: https://desk.example.com/password-reset/crmut_SEKRIT")
HOST = "mail.example.com"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Who this machine believes."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return made


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name for the server that is not this machine's."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: look_up("127.0.0.1", *more, **named))


def served_by(issuer: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer.issue_cert(HOST).configure_cert(context)
    return context


def post(office: PostOffice, with_settings: Callable[..., None]) -> None:
    with_settings(mail_url=SecretStr(office.url.replace("127.0.0.1", HOST)))
    sent = mail.post(LETTER)
    assert sent is not None
    sent.result(timeout=20)


@pytest.fixture
def plain() -> Iterator[PostOffice]:
    with open_post_office(asks_password=True) as office:
        yield office


def test_a_server_elsewhere_without_starttls_gets_neither_a_password_nor_a_letter(
    plain: PostOffice, with_settings: Callable[..., None], elsewhere: None, caplog: pytest.LogCaptureFixture
) -> None:
    post(plain, with_settings)
    assert (plain.letters, plain.signed_in_as) == ([], [])
    assert "offers no STARTTLS" in caplog.text
    assert "alice" not in caplog.text and "SEKRIT" not in caplog.text


def test_with_starttls_a_server_elsewhere_gets_both(
    with_settings: Callable[..., None], elsewhere: None, authority: trustme.CA
) -> None:
    with open_post_office(asks_password=True, tls=served_by(authority)) as office:
        post(office, with_settings)
        assert office.wait_for(1)[0]["To"] == "alice@demo.test"
        assert office.signed_in_as == ["us@er:p:w"]


def test_a_server_with_somebody_elses_certificate_gets_nothing(
    with_settings: Callable[..., None], elsewhere: None, authority: trustme.CA, caplog: pytest.LogCaptureFixture
) -> None:
    with open_post_office(asks_password=True, tls=served_by(trustme.CA())) as office:
        post(office, with_settings)
        assert (office.letters, office.signed_in_as) == ([], [])
    assert "SSLCertVerificationError" in caplog.text


def test_what_a_server_says_of_the_recipient_stays_out_of_the_log(
    with_settings: Callable[..., None], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(self: Any, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        return f"550 {address} is unknown here"

    monkeypatch.setattr(PostOffice, "handle_RCPT", unknown, raising=False)
    with open_post_office() as office:
        with_settings(mail_url=SecretStr(office.url))
        sent = mail.post(LETTER)
        assert sent is not None
        sent.result(timeout=20)
    assert "SMTPRecipientsRefused" in caplog.text
    assert "alice" not in caplog.text
