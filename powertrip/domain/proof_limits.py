"""How long proofs last, and how often one may be wrong."""

from datetime import timedelta

LASTS = timedelta(minutes=5)
"""How long a challenge can be met."""
TAKEN_WITHIN = timedelta(minutes=15)
"""How long a proof waits for its decision once it is given, as while workers restart."""
COPIED = "answered by what may be a copy of the passkey"
"""How a challenge ends whose passkey's count went back."""
TOO_OFTEN = "answered wrongly too often"
"""How a challenge ends after too many wrong answers."""
TRIES = 3
"""Wrong answers to one challenge; also of one person to the number of one event, in all challenges."""
NUMBERS_WRONG = 6
"""Wrong answers of one person to the numbers of all their logins within NUMBERS_WINDOW, after which none
counts: else whoever has their Slack, and logs in as them, guesses thrice at every login."""
NUMBERS_WINDOW = timedelta(hours=24)
FACTOR_TRIES = 5
"""Wrong answers for a factor within FACTOR_WINDOW, without a right one between, after which it is locked."""
FACTOR_WINDOW = timedelta(hours=24)
"""Long, or whoever has somebody's Slack and is patient guesses for weeks, and nobody hears of it."""
FACTOR_LOCK = timedelta(minutes=15)
