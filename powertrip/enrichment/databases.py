"""Databases in MaxMind's format on this machine: GeoLite2, GeoIP2, DB-IP and IPinfo; no call leaves it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from powertrip.domain.address import AddressKind, Network, Place
from powertrip.enrichment import reading
from powertrip.enrichment.merge import merge
from powertrip.enrichment.service import ServiceAnswer
from powertrip.errors import Rejected, Unavailable

if TYPE_CHECKING:
    import maxminddb

log = structlog.get_logger(__name__)

NAME = "Local databases"

_UNREADABLE = (OSError, ValueError, RuntimeError)
"""What the library raises; its InvalidDatabaseError is a RuntimeError."""


class DatabaseFile:
    """One file, opened anew when it is replaced on the disk."""

    def __init__(self, path: Path) -> None:
        """Open it; raises Rejected with what is wrong with it."""
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        try:
            self._stamp = self._stamp_now()
            self._reader = _opened(path)
        except _UNREADABLE as error:
            raise Rejected(f"{path}: {_why(error)}") from error

    def describe(self) -> str:
        """What it is and how old."""
        metadata = self._reader.metadata()
        built = datetime.fromtimestamp(metadata.build_epoch, UTC)
        return f"{self.path}: {reading.text(metadata.database_type)}, built {built:%Y-%m-%d}"

    def find(self, address: str) -> tuple[Mapping[str, Any], int | None]:
        """The record of an address and the length of its prefix; raises Unavailable."""
        self._reopen_if_replaced()
        try:
            if ip_address(address).version == 6 and self._reader.metadata().ip_version == 4:
                return {}, None
            record, length = self._reader.get_with_prefix_len(address)
        except _UNREADABLE as error:
            raise Unavailable(f"{NAME}: {self.path}: {_why(error)}") from error
        return reading.mapping(record), length

    def _stamp_now(self) -> tuple[int, ...]:
        found = self.path.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _reopen_if_replaced(self) -> None:
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return
            # Said once for each file that cannot be read, not at every address.
            self._stamp = stamp
            fresh = _opened(self.path)
        except _UNREADABLE as error:
            log.warning("the database as it was is used on", path=str(self.path), error=_why(error))
            return
        self._reader.close()
        self._reader = fresh


def _opened(path: Path) -> "maxminddb.Reader":
    import maxminddb  # noqa: PLC0415 (a configuration can be read without it)

    # In memory: a mapped file that somebody cuts short in its place kills the process.
    return maxminddb.open_database(path, maxminddb.MODE_MEMORY)


def _why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; download it, or remove it from enrichment.databases"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return "is not a database in MaxMind's format, or is damaged; download it again"


class Databases:
    """All the files as one service; what the first of them says of a field counts."""

    name = NAME
    version = 1
    batch = 500
    keep: timedelta | None = None

    def __init__(self, files: Sequence[DatabaseFile]) -> None:
        self._files = files

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        """Read them off this event loop's thread: a disk may be slow."""
        return await asyncio.to_thread(lambda: {address: self._one(address) for address in addresses})

    async def probe(self) -> str:
        """Which files there are."""
        return "; ".join(file.describe() for file in self._files)

    def _one(self, address: str) -> ServiceAnswer:
        said = {str(file.path): _read(address, *file.find(address)) for file in self._files}
        whole = merge(AddressKind.PUBLIC, said)
        return ServiceAnswer(network=whole.network, place=whole.place)


def _read(address: str, record: Mapping[str, Any], length: int | None) -> ServiceAnswer:
    if not record:
        return ServiceAnswer()
    network, place = _network(address, record, length), _place(record)
    return ServiceAnswer(
        network=network if network.as_number or network.name else None,
        place=place if place != Place() else None,
    )


def _network(address: str, record: Mapping[str, Any], length: int | None) -> Network:
    traits = reading.mapping(record.get("traits"))  # GeoIP2 Enterprise and Insights
    number = record.get("autonomous_system_number") or traits.get("autonomous_system_number")
    name = record.get("autonomous_system_organization") or traits.get("autonomous_system_organization")
    return Network(
        as_number=reading.as_number(number or record.get("asn")),
        name=reading.text(name or record.get("as_name")),
        prefix=_prefix(address, length),
    )


def _prefix(address: str, length: int | None) -> str | None:
    if length is None or not 0 < length <= ip_address(address).max_prefixlen:
        return None
    return str(ip_network(f"{address}/{length}", strict=False))


def _place(record: Mapping[str, Any]) -> Place:
    """GeoIP2 nests names by language; IPinfo writes plain text, its place names right at the top."""
    country = record.get("country") or record.get("registered_country")
    nested = reading.mapping(country)
    location = reading.mapping(record.get("location")) or record
    code = nested.get("iso_code") or record.get("country_code")
    return Place(
        # IPinfo's older files hold the code under `country` itself.
        country_code=reading.country_code(code or country),
        country=_english(country) if reading.country_code(country) is None else None,
        region=_english(next(iter(reading.entries(record.get("subdivisions"))), record.get("region"))),
        city=_english(record.get("city")),
        time_zone=reading.text(location.get("time_zone") or location.get("timezone")),
    )


def _english(value: Any) -> str | None:
    return reading.text(value) or reading.text(reading.mapping(reading.mapping(value).get("names")).get("en"))
