"""What only an operator can mend is told once, and once when it is over."""

from datetime import timedelta

from powertrip.domain.delivery import DeliveryKind, Note
from powertrip.store import Store
from tests.claiming import take_next
from tests.samples import NOW, SECURITY

CHANNELS = ("mail", "pager")
REFUSED = Note(title="Slack refuses the token", lines=("invalid_auth", "Copy it anew."))


async def told(store: Store) -> list[tuple[DeliveryKind, str, str]]:
    """Kind, channel and title of what is to go out, and end it."""
    found = []
    while delivery := await take_next(store, NOW):
        assert isinstance(delivery.payload, Note)
        found.append((delivery.kind, delivery.channel, delivery.payload.title))
        await store.deliveries.finish(delivery, NOW)
    return sorted(found)


async def test_a_trouble_is_told_once_after_its_time_and_once_when_it_is_over(store: Store) -> None:
    assert await store.troubles.begin("token", REFUSED, NOW)
    assert not await store.troubles.begin("token", REFUSED, NOW)
    assert await store.troubles.tell(NOW - timedelta(seconds=1), CHANNELS, NOW) == 0
    assert await store.troubles.tell(NOW, CHANNELS, NOW) == 1
    assert await store.troubles.tell(NOW, CHANNELS, NOW) == 0
    backup = DeliveryKind.BACKUP
    assert await told(store) == [(backup, name, REFUSED.title) for name in CHANNELS]
    assert await store.troubles.present() == {"token": REFUSED}
    assert await store.troubles.end(["token", "socket"], CHANNELS, NOW) == [REFUSED.title]
    assert await store.troubles.end(["token"], CHANNELS, NOW) == []
    assert await told(store) == [(backup, name, f"Mended: {REFUSED.title}") for name in CHANNELS]
    assert await store.troubles.present() == {}


async def test_a_trouble_that_is_over_before_its_time_wakes_nobody(store: Store) -> None:
    await store.troubles.begin("token", REFUSED, NOW)
    assert await store.troubles.end(["token"], CHANNELS, NOW) == [REFUSED.title]
    assert await store.troubles.tell(NOW, CHANNELS, NOW) == 0
    assert await told(store) == []


async def test_one_trouble_can_be_told_at_once_and_another_to_the_channel(store: Store) -> None:
    await store.troubles.begin("scope im:write", REFUSED, NOW, channel=SECURITY)
    await store.troubles.begin("channel C1", REFUSED, NOW)
    assert await store.troubles.tell(NOW, CHANNELS[:1], NOW, only="channel C1") == 1
    assert await told(store) == [
        (DeliveryKind.BACKUP, "mail", REFUSED.title),
        (DeliveryKind.NOTE, SECURITY, REFUSED.title),
    ]
