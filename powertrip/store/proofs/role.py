"""Proofs, as the rest of the program asks for them."""

from powertrip.store.database import Role, transaction
from powertrip.store.proofs import attempts, challenges, enrolment, expectations, factors, losses, rows


class Proofs(Role):
    """Challenges, and what people enrolled."""

    begin = transaction(challenges.begin)
    get = transaction(challenges.get)
    attempt = transaction(rows.get)
    answer = transaction(attempts.answer)
    failed = transaction(attempts.failed)
    tell_of_lacking = transaction(challenges.tell_of_lacking)
    tell_of_failures = transaction(attempts.tell_of_failures)
    met = transaction(attempts.met)
    proving = transaction(challenges.proving)
    standing = transaction(factors.standing)
    due = transaction(attempts.due)
    postpone = transaction(attempts.postpone)
    end = transaction(attempts.end)

    begin_expectation = transaction(expectations.begin)
    proving_expectation = transaction(expectations.proving)
    tell_of_expectation = transaction(expectations.tell)
    refused_expectation = transaction(expectations.refused)

    keep_code = transaction(enrolment.keep_code)
    claim = transaction(enrolment.claim)
    enrol = transaction(enrolment.enrol)
    waiting = transaction(enrolment.waiting)
    unasked = transaction(enrolment.unasked)
    ask = transaction(enrolment.ask)
    find = transaction(enrolment.find)
    confirm = transaction(enrolment.confirm)
    refuse = transaction(enrolment.refuse)
    end_factor = transaction(enrolment.end)
    expire = transaction(enrolment.expire)
    listed = transaction(enrolment.listed)
    renew = transaction(enrolment.renew)

    report_loss = transaction(losses.report)
    find_loss = transaction(losses.find)
    confirm_loss = transaction(losses.confirm)
    refuse_loss = transaction(losses.refuse)
    expire_losses = transaction(losses.expire)
