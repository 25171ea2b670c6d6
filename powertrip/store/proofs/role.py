"""Proofs, as the rest of the program asks for them."""

from powertrip.store.database import Role, transaction
from powertrip.store.proofs import challenges


class Proofs(Role):
    """Challenges, and what people enrolled."""

    begin = transaction(challenges.begin)
    get = transaction(challenges.get)
    failed = transaction(challenges.failed)
    tell_of_failures = transaction(challenges.tell_of_failures)
    met = transaction(challenges.met)
    proving = transaction(challenges.proving)
    due = transaction(challenges.due)
    postpone = transaction(challenges.postpone)
    end = transaction(challenges.end)
