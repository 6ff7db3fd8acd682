"""Mail that belongs to no workspace: a letter is sent by SMTP after the commit, from a thread of its own.

A workspace's mail goes through its outbox. A thread, so that whoever asks for a letter waits no longer when there is
one to send: the answer's time tells nothing about who has an account.
"""

import ipaddress
import logging
import smtplib
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from models.settings import settings

log = logging.getLogger(__name__)
TIMEOUT = 15
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")


class Unprotected(smtplib.SMTPException):
    """The mail server would have everybody on the way read along."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text mail to one person."""

    to: str
    subject: str
    text: str


def can_send() -> bool:
    """Whether this server is set up to send mail."""
    return bool(settings().mail_url.get_secret_value())


def post(letter: Letter) -> Future[None] | None:
    """Send a letter soon; None where no mail is set up. Call it after the commit. What goes wrong is logged, without the text."""
    if not can_send():
        return None
    url, sender = settings().mail_url.get_secret_value(), settings().mail_from or f"Frontdesk <noreply@{_host()}>"
    return _threads.submit(_deliver, letter, url, sender)


def _deliver(letter: Letter, url: str, sender: str) -> None:
    parts = urlsplit(url)
    try:
        message = _written(letter, sender)
        with _open(parts.scheme, parts.hostname or "", parts.port) as server:
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as failed:  # its text may hold the letter's, or the address
        why = getattr(failed, "smtp_code", "") or (failed if isinstance(failed, Unprotected) else "")
        log.error("a mail could not be sent through %s: %s %s", parts.hostname, type(failed).__name__, why)


def _written(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"], message["Message-ID"] = formatdate(usegmt=True), make_msgid(domain=_host())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    return message


def _open(scheme: str, host: str, port: int | None) -> smtplib.SMTP:
    """A connection that nobody else can read. Mail holds links that open accounts, so a server elsewhere that offers no
    STARTTLS gets neither a password nor a letter (RFC 3207 §6: somebody on the way may have taken the offer out).
    """
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port or 25, timeout=TIMEOUT)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    elif not _is_this_machine(host):
        server.quit()
        raise Unprotected("it offers no STARTTLS")
    return server


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host() -> str:
    return urlsplit(settings().base_url).hostname or "localhost"
