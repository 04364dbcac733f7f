"""Which addresses a connection may be made to: the public internet, and private networks that the operator allows.

What is checked is the very address that a socket is made for, after DNS, at each redirect and each new connection. So
neither a name that means another address a moment later helps, nor one way more of writing 127.0.0.1.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from aiohttp import AddrInfoType

Network: TypeAlias = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

_NAT64 = IPv6Network("64:ff9b::/96")
"""An IPv4 address as networks without IPv4 write it (RFC 6052): as public as what it holds."""

_CLOSED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # IETF protocol assignments
            "192.88.99.0/24",  # relays of 6to4
            "::/96",  # IPv4-compatible, long given up
            "64:ff9b:1::/48",  # a network's own NAT64
            "2001::/23",  # protocol assignments, Teredo among them
            "2002::/16",  # 6to4: holds any IPv4 address
            "3fff::/20",  # documentation
            "5f00::/16",  # segment identifiers
            "fec0::/10",  # site-local, long given up
        ),
    )
)
"""Not public either, though `is_global` of some Python versions says so."""


class PrivateAddressError(OSError):
    """The address is in a private network. `may_be_allowed`: the operator could have it asked all the same."""

    def __init__(self, *, may_be_allowed: bool) -> None:
        # Always the same text: where a name has several such addresses, aiohttp passes one of equal errors on as it is.
        super().__init__("an address in a private network")
        self.may_be_allowed = may_be_allowed


def is_public(address: str) -> bool:
    """Whether a numeric address, as a resolver writes it, is one of the public internet."""
    bare = _unwrapped(address)
    closed = any(bare in network for network in _CLOSED if network.version == bare.version)
    return bare.is_global and not bare.is_multicast and not closed


def is_within(address: str, networks: Collection[Network]) -> bool:
    """Whether a numeric address is in one of the networks."""
    bare = _unwrapped(address)
    return any(bare in network for network in networks if network.version == bare.version)


def guarded_sockets(
    allowed: Collection[Network] | None = None,
) -> Callable[[AddrInfoType], socket.socket]:
    """A socket factory for `aiohttp.TCPConnector`, which is given each address just before it is connected to.

    Makes none for a private address outside `allowed` and raises `PrivateAddressError`. None: nothing can be allowed.
    """

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = info
        address = str(where[0])
        if not is_public(address) and not is_within(address, allowed or ()):
            raise PrivateAddressError(may_be_allowed=allowed is not None)
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    """Without its zone, and the IPv4 address where it stands for one."""
    bare = ip_address(address.partition("%")[0])
    if isinstance(bare, IPv4Address):
        return bare
    if bare.ipv4_mapped is not None:
        return bare.ipv4_mapped
    return IPv4Address(int(bare) & 0xFFFF_FFFF) if bare in _NAT64 else bare
