"""Which addresses are on the public internet, and how a name becomes addresses."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

Resolver = Callable[[str], Sequence[str]]
"""A host name in, its addresses out, in the order to try them; raises OSError. A parameter, so that tests can answer."""

# Written out, not left to `is_global`: its answers changed between Python releases (100.64/10, 192.0.0/24, 64:ff9b:1::).
_CLOSED_4: Final = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # the metadata and agent host inside Azure, though the address is a public one
            "169.254.0.0/16",  # link-local; cloud metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata inside Oracle's cloud
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved and broadcast
        ),
    )
)
# One range of IPv6 is the public internet; everything else (loopback, mapped, NAT64, unique local, link-local,
# multicast) lies outside it, and these inside it carry another address or none.
_OPEN_6: Final = ip_network("2000::/3")
_CLOSED_6: Final = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(text: str) -> bool:
    """Whether `text` is an address on the public internet in its one canonical form; anything else is not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    if address.scope_id is not None:
        return False
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)


def system_resolver(host: str) -> Sequence[str]:
    """The addresses the operating system knows. The closing dot keeps the machine's search domains out of it."""
    found = socket.getaddrinfo(host.rstrip(".") + ".", None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))
