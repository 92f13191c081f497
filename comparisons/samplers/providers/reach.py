"""Which hosts a model may be asked at. People who share a Podium give addresses: without a rule they could have it call
the machine it runs on, its neighbours, or a cloud's metadata service, and read what those say.

The rule is an operator's, as words: `any`; `public` (every host of the internet); a host's name; `.example.com` (every
host below it); an address; a network such as 10.1.0.0/16.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

ANY, PUBLIC = "any", "public"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: IPv6 addresses that stand for an IPv4 address, which then is what counts (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Reach:
    """The hosts that may be asked. A name is looked up when it is connected to, and what it leads to is held against
    the rule then: a name that leads elsewhere the second time gains nothing."""

    def __init__(self, words: Iterable[str]) -> None:
        said = [word.lower().rstrip(".") for word in words]
        self._networks = [network for word in said if (network := _network(word)) is not None]
        self._names = {word for word in said if _network(word) is None}

    @property
    def is_any(self) -> bool:
        """Every host may be asked."""
        return ANY in self._names

    def refusal(self, endpoint: str) -> str:
        """Why this endpoint may not be asked, as far as its address shows; "" where it may, or where only looking its
        name up can tell."""
        host = host_of(endpoint)
        if self._names_host(host):
            return ""
        address = _address(host)
        is_allowed = PUBLIC in self._names if address is None else self._allows(address)
        return "" if is_allowed else f"{host or endpoint!r} is not among the hosts that may be asked here"

    def peer_refusal(self, endpoint: str, peer: str) -> str:
        """Why the address that the endpoint's name led to may not be asked; "" where it may."""
        address = _address(peer)
        if self._names_host(host_of(endpoint)) or (address is not None and self._allows(address)):
            return ""
        return f"{host_of(endpoint)} leads to {peer}, which is not among the hosts that may be asked here"

    def _names_host(self, host: str) -> bool:
        names = self._names
        return self.is_any or host in names or any(host.endswith(name) for name in names if name.startswith("."))

    def _allows(self, address: _Address) -> bool:
        is_named = any(address in network for network in self._networks if network.version == address.version)
        is_public = address.is_global and not address.is_multicast
        return is_named or (PUBLIC in self._names and is_public)


def host_of(endpoint: str) -> str:
    """The host of an address, in small letters; "" where it has none."""
    try:
        return (urlsplit(endpoint).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _network(word: str) -> _Network | None:
    try:
        return ipaddress.ip_network(word, strict=False)
    except ValueError:
        return None


def _address(text: str) -> _Address | None:
    """The address; of one that stands for an IPv4 address, that. None where it is a name."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else inner or found
    return found
