"""The story of the program, one short step each: judge, send, decide, remind, look up.

Each step takes what it needs from `Parts`, which the worker puts together; its effects are in the store.
Nothing here knows a database, Slack's API or a web server; adapters call these steps.
"""

from powertrip.workflow.backing_up import back_up, tell_backup
from powertrip.workflow.deciding import REASON_LIMIT, Decider, Outcome, Reference, parse_reference
from powertrip.workflow.enriching import enrich
from powertrip.workflow.filling import Filler
from powertrip.workflow.judging import judge_waiting
from powertrip.workflow.parts import Live, Parts, Quarantine, Settings, Signals, derived
from powertrip.workflow.polling import Poller
from powertrip.workflow.reminding import remind, report_quarantine
from powertrip.workflow.sending import Sender
from powertrip.workflow.telling import tell_origin
from powertrip.workflow.watching import watch_origins

__all__ = [
    "REASON_LIMIT",
    "Decider",
    "Filler",
    "Live",
    "Outcome",
    "Parts",
    "Poller",
    "Quarantine",
    "Reference",
    "Sender",
    "Settings",
    "Signals",
    "back_up",
    "derived",
    "enrich",
    "judge_waiting",
    "parse_reference",
    "remind",
    "report_quarantine",
    "tell_backup",
    "tell_origin",
    "watch_origins",
]
