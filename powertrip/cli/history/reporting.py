"""Writes the page for an auditor to a file that only its owner can read."""

from datetime import datetime
from pathlib import Path

import powertrip
from powertrip.cli.history.gathering import gather
from powertrip.cli.history.page import page
from powertrip.cli.outputs import replacing
from powertrip.domain.checkpoint import public_text
from powertrip.net import utc_now
from powertrip.settings import Config
from powertrip.store.database_in_use import database
from powertrip.store.history.snapshot import snapshot
from powertrip.store.history.verify import verify


def write(config: Config, since: datetime, output: Path) -> None:
    """Verify the open database, and write what happened in it; raises StoreError."""
    now, key = utc_now(), config.audit.key
    public_key = key.public_key() if key else None
    found = verify(database.obj, now, key=public_key)
    with snapshot(database.obj) as seen:
        told = gather(seen, found, since=since, until=now, every=config.audit.checkpoint_every)
    text = page(
        told,
        database=config.database_label(),
        version=powertrip.__version__,
        public_key=public_text(public_key) if public_key else None,
    )
    with replacing(output) as file:
        file.write(text)
