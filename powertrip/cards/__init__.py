"""Every message, modal and answer of Powertrip as Block Kit: a card is a function of what it shows.

A card says the same thing three times: in blocks, in the plain `text` that notifications and screen readers
take, and in its colour. Outside text is shown, never interpreted; whatever is cut says so.
"""

from powertrip.cards.announcing_modal import (
    ANNOUNCE_CALLBACK,
    BEGINS,
    BOT,
    FROM_NETWORK,
    HOST,
    LASTS,
    NO_BOT,
    RULE,
    WHO,
    announcing_modal,
)
from powertrip.cards.answers import (
    decision_answer,
    doubt_answer,
    help_card,
    note,
    refusal,
    show_card,
    whoami_card,
    with_note,
)
from powertrip.cards.backup import PlainMessage, backup_digest, backup_message
from powertrip.cards.buttons import MENU, NOT_AGAIN
from powertrip.cards.containment import AGREE, CONTAIN, TRY, UNDO
from powertrip.cards.event_card import denied_alert, event_card
from powertrip.cards.expectation_modal import (
    LENGTH,
    NETWORK,
    OFFER_CALLBACK,
    TICKET,
    WHERE,
    offer_modal,
)
from powertrip.cards.expectation_proof_modal import EXPECTATION_PROOF_CALLBACK, expectation_proof_modal
from powertrip.cards.expectations import expectation_card, expectations_card
from powertrip.cards.follow_up import (
    CLAIM,
    FOLLOW_UP_CALLBACK,
    GIVE_BACK,
    NOBODY,
    NOTE,
    OWN,
    TICK,
    TYPED,
    TYPED_BLOCK,
    typing_modal,
)
from powertrip.cards.heartbeat import (
    heartbeat_backup,
    heartbeat_card,
    heartbeat_mended,
    worker_back,
    worker_silent,
)
from powertrip.cards.home import END as HOME_END
from powertrip.cards.home import HomeView, home, home_without
from powertrip.cards.lists import first_list, nudge, reminder_list
from powertrip.cards.message import CardSettings, CardView, Mention, Message
from powertrip.cards.modals import (
    AGENT_BLOCK,
    AGENT_CALLBACK,
    AGENT_INPUT,
    CALLBACK,
    INPUT,
    INPUT_BLOCK,
    NO,
    RUNNING,
    RUNNING_BLOCK,
    YES,
    agent_modal,
    reason_modal,
)
from powertrip.cards.notes import question_card, security_note
from powertrip.cards.pages import HISTORY_PAGE_SIZE, NEXT, PAGE_SIZE, PREVIOUS, event_list, history
from powertrip.cards.proof_modal import (
    PROOF_BLOCK,
    PROOF_CALLBACK,
    PROOF_INPUT,
    PROOF_OTHERWISE,
    PROOF_PAGE,
    proof_modal,
    proof_over_modal,
)
from powertrip.cards.proofs import proofs_card
from powertrip.cards.quarantine import quarantine_notice
from powertrip.cards.report import digest_card, report_digest
from powertrip.cards.sources import SOURCES_PAGE_SIZE, source_card, sources_card
from powertrip.cards.statistics import rules_card, stats_card
from powertrip.cards.storm import STORM, storm_card, storm_reminder
from powertrip.cards.storm_modal import (
    COUNT,
    COUNT_BLOCK,
    STORM_CALLBACK,
    VERDICT,
    VERDICT_BLOCK,
    storm_answer,
    storm_modal,
)

__all__ = [
    "AGENT_BLOCK",
    "AGENT_CALLBACK",
    "AGENT_INPUT",
    "AGREE",
    "ANNOUNCE_CALLBACK",
    "BEGINS",
    "BOT",
    "CALLBACK",
    "CLAIM",
    "CONTAIN",
    "COUNT",
    "COUNT_BLOCK",
    "EXPECTATION_PROOF_CALLBACK",
    "FOLLOW_UP_CALLBACK",
    "FROM_NETWORK",
    "GIVE_BACK",
    "HISTORY_PAGE_SIZE",
    "HOME_END",
    "HOST",
    "INPUT",
    "INPUT_BLOCK",
    "LASTS",
    "LENGTH",
    "MENU",
    "NETWORK",
    "NEXT",
    "NO",
    "NOBODY",
    "NOTE",
    "NOT_AGAIN",
    "NO_BOT",
    "OFFER_CALLBACK",
    "OWN",
    "PAGE_SIZE",
    "PREVIOUS",
    "PROOF_BLOCK",
    "PROOF_CALLBACK",
    "PROOF_INPUT",
    "PROOF_OTHERWISE",
    "PROOF_PAGE",
    "RULE",
    "RUNNING",
    "RUNNING_BLOCK",
    "SOURCES_PAGE_SIZE",
    "STORM",
    "STORM_CALLBACK",
    "TICK",
    "TICKET",
    "TRY",
    "TYPED",
    "TYPED_BLOCK",
    "UNDO",
    "VERDICT",
    "VERDICT_BLOCK",
    "WHERE",
    "WHO",
    "YES",
    "CardSettings",
    "CardView",
    "HomeView",
    "Mention",
    "Message",
    "PlainMessage",
    "agent_modal",
    "announcing_modal",
    "backup_digest",
    "backup_message",
    "decision_answer",
    "denied_alert",
    "digest_card",
    "doubt_answer",
    "event_card",
    "event_list",
    "expectation_card",
    "expectation_proof_modal",
    "expectations_card",
    "first_list",
    "heartbeat_backup",
    "heartbeat_card",
    "heartbeat_mended",
    "help_card",
    "history",
    "home",
    "home_without",
    "note",
    "nudge",
    "offer_modal",
    "proof_modal",
    "proof_over_modal",
    "proofs_card",
    "quarantine_notice",
    "question_card",
    "reason_modal",
    "refusal",
    "reminder_list",
    "report_digest",
    "rules_card",
    "security_note",
    "show_card",
    "source_card",
    "sources_card",
    "stats_card",
    "storm_answer",
    "storm_card",
    "storm_modal",
    "storm_reminder",
    "typing_modal",
    "whoami_card",
    "with_note",
    "worker_back",
    "worker_silent",
]
