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
    """One file; a file that replaces it on the disk is opened in its place."""

    def __init__(self, path: Path) -> None:
        """Open it; raises Rejected with the fault and its cure."""
        self.path = path
        self._stamp: tuple[int, ...] | None = None
        try:
            self._stamp = _stamp(path)
            self._reader = _opened(path)
        except _UNREADABLE as error:
            raise Rejected(f"{path}: {_why(error)}") from error

    def describe(self) -> str:
        """Its path, type and age, for an operator."""
        metadata = self._reader.metadata()
        built = datetime.fromtimestamp(metadata.build_epoch, UTC)
        return f"{self.path}: {reading.text(metadata.database_type)}, built {built:%Y-%m-%d}"

    def find(self, address: str) -> tuple[Mapping[str, Any], int | None]:
        """The record of an address and the length of its prefix; raises Unavailable."""
        self._reopen_if_replaced()
        try:
            # An IPv4 database raises on IPv6, where it only knows nothing.
            if ip_address(address).version == 6 and self._reader.metadata().ip_version == 4:
                return {}, None
            record, prefix_length = self._reader.get_with_prefix_len(address)
        except _UNREADABLE as error:
            raise Unavailable(f"{NAME}: {self.path}: {_why(error)}") from error
        return reading.mapping(record), prefix_length

    def _reopen_if_replaced(self) -> None:
        try:
            stamp = _stamp(self.path)
            if stamp == self._stamp:
                return
            # Before the opening: a file that cannot be read is logged once, not at every address.
            self._stamp = stamp
            reader = _opened(self.path)
        except _UNREADABLE as error:
            log.warning(
                "database file cannot be read, keeping the previous one",
                path=str(self.path),
                error=_why(error),
            )
            return
        self._reader.close()
        self._reader = reader


def _stamp(path: Path) -> tuple[int, ...]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


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
    """All files as one service; the first file to state a field counts."""

    name = NAME
    version = 1
    batch = 500
    keep: timedelta | None = None

    def __init__(self, files: Sequence[DatabaseFile]) -> None:
        self._files = files

    async def look_up(self, addresses: Sequence[str]) -> dict[str, ServiceAnswer]:
        def read_all() -> dict[str, ServiceAnswer]:
            answers = {}
            for address in addresses:
                of_files = {str(file.path): read_record(address, *file.find(address)) for file in self._files}
                merged = merge(AddressKind.PUBLIC, of_files)
                answers[address] = ServiceAnswer(network=merged.network, place=merged.place)
            return answers

        # Off the event loop's thread: a disk may be slow.
        return await asyncio.to_thread(read_all)

    async def probe(self) -> str:
        return "; ".join(file.describe() for file in self._files)


def read_record(address: str, record: Mapping[str, Any], prefix_length: int | None) -> ServiceAnswer:
    """The network and the place in a record of any of the formats."""
    if not record:
        return ServiceAnswer()
    traits = reading.mapping(record.get("traits"))  # GeoIP2 Enterprise and Insights
    number = record.get("autonomous_system_number") or traits.get("autonomous_system_number")
    name = record.get("autonomous_system_organization") or traits.get("autonomous_system_organization")
    has_prefix = prefix_length is not None and 0 < prefix_length <= ip_address(address).max_prefixlen
    network = Network(
        # IPinfo: `asn` ("AS64496") and `as_name`.
        as_number=reading.as_number(number or record.get("asn")),
        name=reading.text(name or record.get("as_name")),
        prefix=str(ip_network(f"{address}/{prefix_length}", strict=False)) if has_prefix else None,
    )
    place = _place(record)
    return ServiceAnswer(
        network=network if network.as_number or network.name else None,
        place=place if place != Place() else None,
    )


def _place(record: Mapping[str, Any]) -> Place:
    """GeoIP2 nests names by language; IPinfo has plain text at the top."""
    country = record.get("country") or record.get("registered_country")
    location = reading.mapping(record.get("location")) or record
    code = reading.mapping(country).get("iso_code") or record.get("country_code")
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
