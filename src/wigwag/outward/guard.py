"""Which addresses may be connected to: those of the public internet, and what is allowed.

The check is of the address that the socket is about to connect to, after names were resolved, so
that no name, redirect or other answer of the resolver leads elsewhere.
"""

import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from wigwag.model.errors import ConfigError

Network = IPv4Network | IPv6Network
AddrInfo = tuple[int, int, int, str, tuple[object, ...]]

_CLOSED_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
"""IANA's special-purpose registry: private, shared, loopback, link-local, test, multicast."""
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Of the public range: tunnels, which hide an IPv4 address, and documentation."""
_LOOPBACK: Final = ("127.0.0.1", "::1")


class AddressRefused(OSError):
    """The address is not one of the public internet."""


class Guard:
    """`allowed` holds host names and networks (or single addresses) that are ours to allow, as the
    setting `named` lists them."""

    def __init__(self, allowed: Collection[str] = (), named: str = "allowed") -> None:
        """Raises ConfigError."""
        self._networks: list[Network] = []
        self._hosts: set[str] = set()
        for entry in allowed:
            try:
                self._networks.append(ip_network(entry))
            except ValueError:
                self._hosts.add(_checked_host(entry, named))

    def trusts(self, host: str) -> bool:
        """Whether this host is allowed by its name, wherever that leads."""
        return host.lower().rstrip(".") in self._hosts

    def permits(self, address: str) -> bool:
        try:
            ip = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if any(ip in network for network in self._networks):
            return True
        if isinstance(ip, IPv4Address):
            return not any(ip in network for network in _CLOSED_V4)
        return ip in _PUBLIC_V6 and not any(ip in network for network in _CLOSED_V6)

    def refuses(self, host: str) -> bool:
        """Whether this host is never reached, as far as that is plain without a lookup: it is
        written as an address, or as the name of this machine."""
        name = host.lower().rstrip(".")
        if self.trusts(name):
            return False
        if name == "localhost" or name.endswith(".localhost"):
            return not any(self.permits(address) for address in _LOOPBACK)
        return _is_address(name) and not self.permits(name)

    def socket_of(self, info: AddrInfo) -> socket.socket:
        """The socket for a connection. Raises AddressRefused."""
        family, kind, protocol, _, address = info
        if not self.permits(str(address[0])):
            raise AddressRefused("the address is not public")
        return socket.socket(family, kind, protocol)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _checked_host(name: str, setting: str) -> str:
    if "/" in name or ":" in name or not name:
        raise ConfigError(f"{setting}: {name!a} is neither a host nor a network")
    return name.lower().rstrip(".")
