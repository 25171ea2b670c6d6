"""The context of a step that is tried alone."""

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from powertrip.metrics import Metrics
from powertrip.pipeline.context import Context, Signals

UNUSED: Any = None
WITH_SERVICES: Any = SimpleNamespace(has_services=True)
"""An enrichment that is not asked here."""


def context(store: Any, clock: Callable[[], datetime], **settings: Any) -> Context:
    """A store, a time and these settings; the step must use nothing else."""
    in_force: Any = SimpleNamespace(**({"expectable": lambda _: None} | settings))
    return Context(
        store=store,
        notifier=UNUSED,
        directory=UNUSED,
        live_backup=UNUSED,
        origins={},
        signals=Signals(),
        enrichment=WITH_SERVICES,
        metrics=Metrics(),
        clock=clock,
        new_id=UNUSED,
        live_settings=lambda: in_force,
    )
