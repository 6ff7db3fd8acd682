"""URIs read strictly (RFC 3986): what two readers could take for two different things is no URI here.

Only ASCII, no fragment, no user-info, no dot segments, no encoded control characters; a host that looks like a
number must be a plain dotted address. Split by hand because `urlsplit` removes tabs and newlines on its way.
"""

import string
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

MAX_LENGTH: Final = 2000
WEB_SCHEMES: Final = frozenset({"http", "https"})

_URI_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "-._~:/?@!$&'()*+,;=%[]")
_SCHEME_CHARACTERS: Final = frozenset(string.ascii_letters + string.digits + "+-.")
_LABEL_CHARACTERS: Final = frozenset(string.ascii_lowercase + string.digits + "-_")
_AUTHORITY_CHARACTERS: Final = _URI_CHARACTERS - frozenset("@[]/?")
_HEX: Final = frozenset(string.hexdigits)


class BadUri(ValueError):
    """The text is no URI that can be read in one way only. The message is a plain sentence without the text."""


@dataclass(frozen=True)
class Uri:
    """The parts of an accepted URI. `scheme` and a web `host` are lower case; `port` is None where none is written."""

    text: str
    scheme: str
    authority: str
    host: str
    port: int | None
    path: str
    query: str | None

    @property
    def is_web(self) -> bool:
        """http or https."""
        return self.scheme in WEB_SCHEMES


def parse(text: object) -> Uri:
    """Read one URI with an authority or an absolute path; raises BadUri."""
    if not isinstance(text, str) or not text:
        raise BadUri("A URI must be a non-empty string.")
    if len(text) > MAX_LENGTH:
        raise BadUri(f"A URI may have at most {MAX_LENGTH} characters.")
    if "#" in text:
        raise BadUri("A URI must have no fragment.")
    if not _URI_CHARACTERS.issuperset(text):
        raise BadUri("A URI holds only the characters of RFC 3986; write an international host in punycode.")
    scheme, colon, rest = text.partition(":")
    if not colon or len(scheme) < 2 or not scheme[0].isalpha() or not _SCHEME_CHARACTERS.issuperset(scheme):
        raise BadUri("A URI must begin with a scheme.")
    if not rest.startswith("/"):
        raise BadUri("A slash must follow the scheme of a URI.")
    scheme = scheme.lower()
    hierarchy, mark, query = rest.partition("?")
    authority, path = _authority_and_path(hierarchy)
    host, port = _web_host_and_port(authority) if scheme in WEB_SCHEMES else (_plain_authority(authority), None)
    _check_escapes(rest)
    _check_segments(path)
    if "[" in path + query or "]" in path + query:
        raise BadUri("Square brackets stand only around an IPv6 address.")
    return Uri(text, scheme, authority, host, port, path, query if mark else None)


def _authority_and_path(hierarchy: str) -> tuple[str, str]:
    if not hierarchy.startswith("//"):
        return "", hierarchy
    authority, slash, path = hierarchy[2:].partition("/")
    if "@" in authority:
        raise BadUri("A URI must have no user name or password.")
    return authority, slash + path


def _plain_authority(authority: str) -> str:
    if not _AUTHORITY_CHARACTERS.issuperset(authority):
        raise BadUri("The part after the two slashes holds a character that is not allowed there.")
    return authority


def _web_host_and_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        host, bracket, tail = authority.partition("]")
        host += bracket
        if tail and not tail.startswith(":"):
            raise BadUri("The host of a URI is malformed.")
        digits = tail[1:] if tail else None
    else:
        host, colon, tail = authority.partition(":")
        digits = tail if colon else None
    return _web_host(host.lower()), None if digits is None else _port(digits)


def _port(digits: str) -> int:
    if not (digits.isdigit() and len(digits) <= 5 and digits[0] != "0" and int(digits) <= 65535):
        raise BadUri("The port of a URI must be a number from 1 to 65535.")
    return int(digits)


def _web_host(host: str) -> str:
    """A name, a dotted IPv4 address or a bracketed IPv6 address; no other spelling of an address (decimal, octal, hex)."""
    if host.startswith("["):
        return _ipv6(host)
    labels = host.split(".")
    if _is_number(labels[-1]):
        return _ipv4(host)
    if len(host) > 253 or not all(_is_label(label) for label in labels):
        raise BadUri("The host of a URI is malformed.")
    return host


def _ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except AddressValueError as error:
        raise BadUri("An IPv4 address is written as four decimal numbers.") from error


def _ipv6(host: str) -> str:
    try:
        address = IPv6Address(host[1:-1]) if host.endswith("]") else None
    except AddressValueError as error:
        raise BadUri("The IPv6 address in a URI is malformed.") from error
    if address is None or address.scope_id is not None or address.compressed != host[1:-1]:
        raise BadUri("An IPv6 address is written in its shortest form, in square brackets.")
    return host


def _is_number(label: str) -> bool:
    """Whether readers of web addresses take a host that ends in this label for an IPv4 address (WHATWG URL §3.5)."""
    return label.isdigit() or (label.startswith("0x") and _HEX.issuperset(label[2:]))


def _is_label(label: str) -> bool:
    edges = label[:1] + label[-1:]
    return 0 < len(label) <= 63 and _LABEL_CHARACTERS.issuperset(label) and "-" not in edges


def _check_escapes(rest: str) -> None:
    for escape in rest.split("%")[1:]:
        if len(escape) < 2 or not _HEX.issuperset(escape[:2]):
            raise BadUri("A percent sign in a URI must begin an escape of two hexadecimal digits.")
        octet = int(escape[:2], 16)
        if octet < 0x20 or octet == 0x7F:
            raise BadUri("A URI must hold no control character, escaped or not.")


def _check_segments(path: str) -> None:
    for segment in path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/").split("/"):
        if segment.partition(";")[0] in (".", ".."):
            raise BadUri("A URI must have no dot segments.")
