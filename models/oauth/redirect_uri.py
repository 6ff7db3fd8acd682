"""Which redirect URIs may be registered, and which one a request names (RFC 6749 §3.1.2, RFC 8252, RFC 9700 §2.1, §4.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from models.errors import N_, Invalid
from models.oauth.uri import BadUri, Uri, parse
from models.settings import LOOPBACK

MAX_URIS: Final = 20

# Schemes that a browser runs, shows or hands to something other than an app that waits for an answer.
_DENIED: Final = frozenset(
    {
        *("javascript", "vbscript", "livescript", "data", "blob", "file", "filesystem", "about", "view-source"),
        *("mailto", "tel", "sms", "smsto", "facetime", "callto", "sip", "sips", "xmpp", "irc", "ircs", "magnet"),
        *("ftp", "ftps", "sftp", "ssh", "telnet", "ws", "wss", "ldap", "ldaps", "smb", "nfs", "gopher", "dict", "git"),
        *("news", "nntp", "feed", "webcal", "rtsp", "jar", "mhtml", "its", "mk", "res", "resource", "cid", "mid"),
        *("intent", "android-app", "content", "shell", "hcp", "search", "search-ms", "chrome", "edge", "urn", "steam"),
    }
)
_DENIED_BEGINNINGS: Final = ("ms-", "x-apple")  # settings, installers and diagnostics of operating systems


class BadRedirectUri(Invalid):
    """`invalid_redirect_uri` (RFC 7591 §3.2.2). The sentence says which rule, never the URI."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="redirect_uris")


@dataclass(frozen=True)
class Destination:
    """Where an answer goes, in words for a person: a site by its host, this computer, or an app by its scheme."""

    kind: Literal["web", "computer", "app"]
    shown: str
    host: str | None


def registrable(text: object) -> str:
    """A redirect URI that may be registered, unchanged; raises BadRedirectUri."""
    try:
        uri = parse(text)
    except BadUri as error:
        raise BadRedirectUri(str(error)) from error
    if "*" in uri.text:
        raise BadRedirectUri("A redirect URI must have no wildcard.")
    if uri.scheme == "http" and uri.host not in LOOPBACK:
        raise BadRedirectUri("A redirect URI must use https, but for localhost, 127.0.0.1 and [::1].")
    if uri.scheme in _DENIED or uri.scheme.startswith(_DENIED_BEGINNINGS):
        raise BadRedirectUri("This scheme cannot be used in a redirect URI.")
    return uri.text


def all_registrable(texts: Iterable[object]) -> tuple[str, ...]:
    """1 to MAX_URIS redirect URIs in their order, equal ones once; one bad URI refuses them all."""
    given = list(texts)
    if not given:
        raise BadRedirectUri("At least one redirect URI is required.")
    if len(given) > MAX_URIS:
        raise BadRedirectUri(f"At most {MAX_URIS} redirect URIs are accepted.")
    return tuple(dict.fromkeys(registrable(text) for text in given))


def matches(registered: Iterable[str], presented: str) -> bool:
    """Whether a request's redirect URI is one of the client's: the same text, but for the port of loopback.

    `localhost`, `127.0.0.1` and `[::1]` never stand for one another (RFC 8252 §7.3, §8.3).
    """
    try:
        wanted = without_loopback_port(registrable(presented))
    except BadRedirectUri:
        return False
    return any(wanted == without_loopback_port(text) for text in registered)


def without_loopback_port(text: str) -> str:
    """A registrable URI in the form that is compared: the port of this computer left out, all else as written."""
    uri = parse(text)
    if not is_loopback(uri) or uri.port is None:
        return text
    start = len(uri.scheme) + len("://")
    return text[: start + len(uri.host)] + text[start + len(uri.authority) :]


def is_loopback(uri: Uri) -> bool:
    """Whether the parsed host is this computer; `localhost.evil.example` is not."""
    return uri.is_web and uri.host in LOOPBACK


def destination(text: str) -> Destination:
    """What the consent page says about a registrable redirect URI. Punycode stays as it is, so that nothing looks alike."""
    uri = parse(text)
    if is_loopback(uri):
        return Destination("computer", N_("this computer"), uri.host)
    if uri.is_web:
        return Destination("web", uri.host if uri.port in (None, 443) else f"{uri.host}:{uri.port}", uri.host)
    return Destination("app", f"{uri.scheme}://{uri.host}" if uri.host else f"{uri.scheme}:", None)
