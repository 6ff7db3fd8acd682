"""Internet addresses as callers are told apart by them."""

import ipaddress


def network(address: str) -> str:
    """The address as it is counted: IPv4 whole, IPv6 by its /64, an IPv4 address mapped into IPv6 as itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
