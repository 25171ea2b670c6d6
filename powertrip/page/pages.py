"""What the page says in each state of a challenge: only what is true while it is read."""

from aiohttp import web
from yarl import URL

from powertrip.cards import fields, words
from powertrip.cards.text import show
from powertrip.domain.event import Event, Status
from powertrip.domain.proof import Challenge, ProofKind
from powertrip.html import text
from powertrip.page.look import answer, facts

VALUE_LIMIT = 300
MOST_FIELDS = 12
NO_IDENTITY = (
    "The configuration does not say who you are at the identity provider, so that a sign-in there would "
    "prove nothing. An operator adds <code>oidc</code> beside <code>slack</code> to your entry in "
    "<code>people</code>; until then a reviewer who can prove it may approve it."
)
NO_PASSKEY = (
    "You have no passkey that counts for this now. A new one has to be confirmed by a reviewer, and counts "
    "later for the gravest events. A reviewer who can prove it may approve it."
)
NO_PROVIDER = "the identity provider could not be reached, or did not answer as it should"
LOOK_AGAIN = 3
"""Seconds until the browser asks whether the worker has decided."""
AGAIN = "Press Approve on the card in Slack again, or Deny, which takes no proof."
IN_WORDS = {
    Status.APPROVED: "was approved",
    Status.DENIED: "was denied",
    Status.CLOSED: "was denied and closed",
}


def nothing_here() -> web.Response:
    """The same for a link that never was, that came too late, and that was answered wrongly too often."""
    body = (
        "<p>Each link is for one approval and works for five minutes. It may have been used, a newer one may "
        f"have taken its place, or it never was one.</p><p>Nothing was approved here. {AGAIN}</p>"
    )
    return answer("This link does not work, or not any more", body, status=404, mood="bad")


def busy() -> web.Response:
    """Too many at once, or the database is away."""
    body = "<p>Nothing was approved or changed. Load this page again in a few seconds.</p>"
    response = answer("Powertrip cannot answer just now", body, status=503, mood="bad")
    response.headers["Retry-After"] = "5"
    return response


def question(challenge: Challenge, event: Event, control: str) -> web.Response:
    """What is about to be approved, and `control`, which proves it."""
    body = (
        "<p>Somebody pressed <b>Approve</b> on this in Slack, as "
        f"<b>{_member(challenge)}</b>. It is approved only if that person proves it here.</p>"
        f"{_facts(challenge, event)}"
        '<p class="warn"><b>Was it not you who pressed Approve?</b> Then prove nothing: whoever sent you '
        "this link wants your yes. Close the page, press Deny in Slack and tell your security team.</p>"
        f"{control}"
        f'<p class="soft">The link works until {challenge.until:%H:%M:%S} UTC, once. A denial never takes a '
        "proof.</p>"
    )
    return answer("Prove this approval", body, has_script=challenge.kind is ProofKind.PASSKEY)


def sign_in_control(link: str, issuer: str) -> str:
    """The button that leads to the identity provider."""
    return (
        f"<p>You sign in at <b>{text(host_of(issuer))}</b> once more, as yourself. That you are signed in "
        "there already is not enough.</p>"
        f'<form method="post" action="{text(link)}/sign-in">'
        f"<button>Sign in at {text(host_of(issuer))}</button></form>"
    )


def passkey_control(link: str, options: str) -> str:
    """The button that asks the browser for a passkey."""
    return (
        f'<button data-does="sign" data-to="{text(link)}/passkey" '
        f'data-options="{text(options)}">Use my passkey</button>'
        '<p id="said" role="alert"></p>'
        "<noscript><p>Passkeys need JavaScript, which is switched off here.</p></noscript>"
    )


def going_to(issuer: str, address: str) -> web.Response:
    """On the way to the identity provider."""
    host = text(host_of(issuer))
    body = (
        f"<p>{host} asks you to sign in, and sends you back here.</p>"
        f'<a class="go" href="{text(address)}" rel="noreferrer">Go on to {host}</a>'
    )
    return answer(f"On to {host_of(issuer)}", body, then=(0, address))


def proven(link: str, challenge: Challenge, event: Event) -> web.Response:
    """The proof was taken, and a worker has not decided yet."""
    body = (
        "<p>Powertrip is deciding; look at Slack. Your approval counts from when the card there says so, for "
        f"somebody may have been first.</p>{_facts(challenge, event)}"
        '<p class="soft">This page looks again by itself. You may close it.</p>'
    )
    return answer("Proven", body, mood="good", then=(LOOK_AGAIN, link))


def taken(challenge: Challenge, event: Event) -> web.Response:
    """The proof was spent on a decision."""
    waits = event.status is Status.HALF_APPROVED
    now = "A second person has to approve it too." if waits else _what_became(event)
    body = f"<p>It was proven here. {now}</p>{_facts(challenge, event)}"
    return answer("Your approval counts", body, mood="good")


def not_taken(challenge: Challenge, event: Event, why: str) -> web.Response:
    """It was proven or could have been, and approves nothing."""
    body = f"<p>{why}</p>{_facts(challenge, event)}"
    return answer("Nothing was approved by this", body, status=409, mood="bad")


def why_not(event: Event) -> str | None:
    """Why the challenge can approve nothing any more, as HTML; None where it still can."""
    if not event.is_open:
        return f"{_what_became(event)} Look at the card in Slack."
    return None


def failed(link: str, why: str, *, status: int = 403) -> web.Response:
    """An attempt that proved nothing; `why` is ours."""
    body = (
        f"<p>{text(why[:1].upper() + why[1:])}.</p><p>Nothing was approved.</p>"
        f'<a class="go" href="{text(link)}">Back to the question</a>'
    )
    return answer("That proved nothing", body, status=status, mood="bad")


def lost() -> web.Response:
    """Back from the provider, in a browser that did not set out from here."""
    body = (
        "<p>This browser did not set out from here, or more than five minutes ago. If somebody else sent you "
        "to that sign-in, tell your security team: they wanted your yes.</p>"
        f"<p>Nothing was approved. {AGAIN}</p>"
    )
    return answer("This sign-in belongs to nothing here", body, status=400, mood="bad")


def _member(challenge: Challenge) -> str:
    return text(f"{show(challenge.name, 80)} ({challenge.slack_id})")


def _what_became(event: Event) -> str:
    what = IN_WORDS.get(event.status, "waits for a decision")
    last = event.decisions[-1] if event.decisions else None
    by = (
        f" by {text(show(last.actor_name, 80))} at {words.utc(last.at)}" if last and not event.is_open else ""
    )
    return f"This {what}{by}."


def _facts(challenge: Challenge, event: Event) -> str:
    rows = [("What", words.summary(event))]
    for name, value in (("Who", event.user_name), ("Where", event.host_name), ("From", event.source_ip)):
        rows += [(name, show(value, VALUE_LIMIT))] if value else []
    rows.append(("Severity", event.severity.value))
    rows.append(("When", f"{words.utc(event.occurred_at)}{_often(challenge, event)}"))
    shown = list(fields.in_words(event).items())
    rows += [(name, show(value, VALUE_LIMIT)) for name, value in shown[:MOST_FIELDS]]
    if len(shown) > MOST_FIELDS:
        rows.append(
            ("More", f"{words.count(len(shown) - MOST_FIELDS, 'field')} that the card in Slack shows")
        )
    if challenge.reason:
        rows.append(("Reason given", show(challenge.reason, VALUE_LIMIT)))
    rows.append(("Event", event.id))
    return facts(rows)


def _often(challenge: Challenge, event: Event) -> str:
    if event.is_open and event.revision > challenge.revision:
        return ". It happened again since Approve was pressed: that is not covered, and stays open"
    return f"; {words.times(event.times)} in all" if event.times > 1 else ""


def host_of(address: str) -> str:
    return URL(address).host_port_subcomponent or address
