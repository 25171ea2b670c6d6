"""Notes that stand until they are taken back, so that each is told once, whichever process finds out."""

from datetime import datetime

from powertrip.store.sources.tables import StandingNoteRow


def begin(about: str, now: datetime) -> bool:
    """Whether the note did not stand before, and is the caller's to write."""
    row = {"about": about, "since": now}
    # Asked for what was inserted: on a conflict peewee's answer differs between the databases.
    inserted = StandingNoteRow.insert(row).on_conflict_ignore().returning(StandingNoteRow.about)
    return bool(list(inserted.execute()))


def end(about: str) -> datetime | None:
    """Since when the note stood, if it did and is the caller's to take back."""
    taken = StandingNoteRow.delete().where(StandingNoteRow.about == about).returning(StandingNoteRow.since)
    return next((row.since for row in taken.execute()), None)


def renew(about: str, *, before: datetime, now: datetime) -> bool:
    """Whether the note is older than `before`, and so due again for the caller; the first time it begins."""
    stood = StandingNoteRow.get_or_none(StandingNoteRow.about == about)
    if stood is None:
        begin(about, now)
    if stood is None or stood.since > before:
        return False
    as_it_was = (StandingNoteRow.about == about) & (StandingNoteRow.since == stood.since)
    return bool(StandingNoteRow.update(since=now).where(as_it_was).execute())
