"""Who is calling, and by which scheme: forwarded addresses count from trusted proxies only.

The right-most forwarded address that is no trusted proxy is the caller (PRODUCT §8). The scheme is the base URL's:
it is a setting, never a header.
"""

import ipaddress
from typing import TYPE_CHECKING

from models.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED_MAX = 2000


class TrustedProxies:
    """WSGI middleware that sets REMOTE_ADDR and the scheme, and hides every forwarding header from the app."""

    def __init__(self, app: "WSGIApplication", settings: Settings) -> None:
        self.app = app
        self.scheme = "https" if settings.https else "http"
        self.trusted = [ipaddress.ip_network(network) for network in settings.trusted_proxies]

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> object:
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", "")
        for name in ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED"):
            environ.pop(name, None)
        peer = environ["REMOTE_ADDR"] = plain(environ.get("REMOTE_ADDR", ""))
        if forwarded and self._trusts(peer):
            environ["REMOTE_ADDR"] = self._caller(forwarded[-FORWARDED_MAX:], peer)
        environ["wsgi.url_scheme"] = self.scheme
        return self.app(environ, start_response)

    def _caller(self, forwarded: str, proxy: str) -> str:
        for part in reversed(forwarded.split(",")):
            try:
                address = str(ipaddress.ip_address(plain(part.strip())))
            except ValueError:
                return proxy
            if not self._trusts(address):
                return address
            proxy = address
        return proxy

    def _trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.trusted)


def plain(address: str) -> str:
    """An IPv4 address as itself where a dual-stack socket wrote it into IPv6 (`::ffff:10.0.0.1`); any other text unchanged."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped) if mapped is not None else address
