"""Who can reach this server: said on the Connect page in plain words, from the base URL alone."""

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

Reach = Literal["computer", "network", "insecure", "public"]
INSIDE = (".local", ".lan", ".internal", ".home.arpa", ".intranet")


def reach_of(base_url: str) -> Reach:
    """`computer`: programs on this machine; `network`: those near it; `insecure`: all, unencrypted; `public`: all, by https."""
    parts = urlsplit(base_url)
    host = parts.hostname or "localhost"
    if host == "localhost" or host.endswith(".localhost"):
        return "computer"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if "." not in host or host.endswith(INSIDE):
            return "network"
    else:
        if address.is_loopback:
            return "computer"
        if not address.is_global:
            return "network"
    return "public" if parts.scheme == "https" else "insecure"
