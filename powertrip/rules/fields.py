"""From captured text to fields: un-escaping, types that are checked, and conditions on values."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from powertrip.domain.address import parse_address
from powertrip.rules.pattern import Pattern

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_VIS_ESCAPE = re.compile(rb"\\([0-7]{3}|[\\nrbavtfs0])")
_VIS_BYTES = {b"n": 10, b"r": 13, b"b": 8, b"a": 7, b"v": 11, b"t": 9, b"f": 12, b"s": 32, b"0": 0, b"\\": 92}


def unvis(text: str) -> str:
    r"""Undo strnvis(3) with VIS_CSTYLE and VIS_OCTAL, as OpenSSH's log.c writes every message.

    `CORP\\ann` is `CORP\ann`, `zo\303\253` is `zoë`. Bytes that are not UTF-8 are shown as `\xNN`.
    """

    if "\\" not in text:
        return text

    def decode(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        byte = _VIS_BYTES[code] if len(code) == 1 else int(code, 8)
        # \777 is above what a byte holds, so no strnvis wrote it.
        return bytes([byte]) if byte < 256 else escape[0]

    # A backslash that begins no escape stays as it is: the message may have been cut within one.
    return _VIS_ESCAPE.sub(decode, text.encode()).decode("utf-8", "backslashreplace")


def read_ip(text: str) -> str:
    """An address in its shortest form, IPv6 zone kept (`fe80::1%eth0`); raises ValueError if it is none.

    IPv4 inside IPv6 (`::ffff:192.0.2.1`) is written as the IPv4 address that it is.
    """
    address = parse_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def read_port(text: str) -> str:
    """A port from 0 to 65535 as decimal text; raises ValueError if it is none."""
    # Digits of other scripts are digits to int() too, and a number of any length takes its time.
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(f"{text!r} is no port")
    return str(int(text))


READERS = {"ip": read_ip, "port": read_port}
"""The types that a rule can name, and how each reads a captured value."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A field has one of these values, an address inside one of these networks, or matches the pattern."""

    field: str
    values: frozenset[str]
    networks: tuple[Network, ...] = ()
    pattern: Pattern | None = None

    def holds(self, fields: Mapping[str, str]) -> bool:
        """An absent field meets no condition."""
        value = fields.get(self.field)
        if value is None:
            return False
        if self.pattern is not None:
            return self.pattern.matches(value.encode())
        # Only a field of the type `ip` has networks to be compared with, so it is an address by now.
        return value in self.values or any(
            ipaddress.ip_address(value) in network for network in self.networks
        )
