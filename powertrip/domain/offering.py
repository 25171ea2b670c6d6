"""What whoever approved something of their own may ask to be left out from now on: the like, and no more."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from ipaddress import ip_address, ip_network

from powertrip.domain.announcing import Wish, is_sensitive
from powertrip.domain.event import Event, Status
from powertrip.domain.expectations import Expectable, ExpectationSection, key_of
from powertrip.domain.expected_names import as_of
from powertrip.domain.severity import Listed
from powertrip.domain.storms import host_group, network_of
from powertrip.domain.wishes import KEY
from powertrip.errors import NotAllowed, Refused

LENGTHS = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8))
# What a log names is data: a host that is called * must not come to mean every host.
_HOST = re.compile(r"[a-z0-9._-]{1,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What may be chosen, in each list the narrowest first."""

    event: Event
    hosts: tuple[str, ...]
    networks: tuple[str, ...]
    """In CIDR notation, or `AS64500`; none where the record names no address."""
    key: str | None
    """Always bound, where the record names one."""
    lengths: tuple[timedelta, ...]

    def wish(
        self, *, host: str, network: str | None, length: timedelta, why: str, ticket: str | None
    ) -> Wish:
        """The wish that was chosen; raises Refused where it is none of these."""
        if host not in self.hosts or length not in self.lengths or network not in (self.networks or (None,)):
            raise Refused("That was not among what was offered. Nothing was changed.")
        return Wish(
            rule=self.event.rule,
            host=host,
            network=network,
            key=self.key,
            length=length,
            severity=self.event.severity,
            why=why,
            ticket=ticket,
            from_event=self.event.id,
        )


def is_offered(event: Event, whose: Expectable | None) -> bool:
    """Whether the person whom the event is about, and who approved it, may ask for that."""
    last = event.decisions[-1] if event.decisions else None
    return (
        whose is not None
        # What is on the list of sensitive events nobody announces for themselves.
        and not whose.is_sensitive
        and event.status is Status.APPROVED
        and last is not None
        and last.expectation_id is None
        and last.actor_id == event.subject.slack_id
        # Nothing ever covers what takes a proof.
        and not (event.requires_proof or last.proof)
    )


def offer(
    event: Event,
    whose: Expectable | None,
    section: ExpectationSection,
    sensitive: Listed,
    slack_id: str,
) -> Offer:
    """What `slack_id` may choose after the approval of an event; raises NotAllowed or Refused.

    Where a wider choice may cover what is sensitive only the narrower one is offered.
    """
    if event.subject.slack_id != slack_id or not is_offered(event, whose):
        raise NotAllowed(
            "Only the person whom this is about, and who approved it, can ask for that, where it is allowed."
        )
    host, key = (event.host_name or "").lower(), key_of(event)
    if not _HOST.fullmatch(host) or not (key is None or KEY.fullmatch(key)):
        raise Refused("Powertrip asks about this each time: its record names no host, or no key.")
    narrow = Wish(rule=event.rule, host=host, length=section.max)
    hosts, networks = dict.fromkeys((host, host_group(host))), _networks(event, section)
    allowed = [each for each in hosts if not is_sensitive(replace(narrow, host=each), sensitive)]
    nearby = [each for each in networks if not is_sensitive(replace(narrow, network=each), sensitive)]
    # Without any it would not be bound at all.
    if not allowed or (networks and not nearby):
        raise Refused("This is on the list of sensitive events: Powertrip asks about it each time.")
    return Offer(
        event=event,
        hosts=tuple(allowed),
        networks=tuple(nearby),
        key=key,
        lengths=tuple(length for length in LENGTHS if length <= section.max) or (section.max,),
    )


def _networks(event: Event, section: ExpectationSection) -> tuple[str, ...]:
    source_ip = event.source_ip
    if source_ip is None:
        return ()
    try:
        alone = str(ip_network(ip_address(source_ip)))
    except ValueError as error:
        raise Refused("Powertrip asks about this each time: its record names no address.") from error
    wider = [] if section.network == "exact" else [network_of(source_ip)]
    if section.network == "as" and (owner := as_of(event)) is not None:
        wider.append(owner)
    return tuple(dict.fromkeys((alone, *wider)))
