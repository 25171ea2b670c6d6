"""What the page says in each state of a challenge: only what is true while it is read."""

from aiohttp import web
from yarl import URL

from powertrip.cards.text import show
from powertrip.domain.proof import Attempt, ProofKind
from powertrip.html import text
from powertrip.page.look import answer
from powertrip.page.matters import Matter

NO_IDENTITY = (
    "The configuration does not say who you are at the identity provider, so that a sign-in there would "
    "prove nothing. An operator adds <code>oidc</code> beside <code>slack</code> to your entry in "
    "<code>people</code>."
)
NO_PASSKEY = (
    "You have no passkey that counts for this now. A new one has to be confirmed by a reviewer, and counts "
    "later for the gravest events."
)
NO_PROVIDER = "the identity provider could not be reached, or did not answer as it should"
LOOK_AGAIN = 3
"""Seconds until the browser asks whether the worker has decided."""
AGAIN = "Begin again in Slack. To deny something, or to end what is expected, takes no proof."


def nothing_here() -> web.Response:
    """The same for a link that never was, that came too late, and that was answered wrongly too often."""
    body = (
        "<p>Each link is for one approval, or one expectation, and works for five minutes. It may have been "
        "used, a newer one may have taken its place, or it never was one.</p>"
        f"<p>Nothing came of it here. {AGAIN}</p>"
    )
    return answer("This link does not work, or not any more", body, status=404, mood="bad")


def busy() -> web.Response:
    """Too many at once, or the database is away."""
    body = "<p>Nothing was approved or changed. Load this page again in a few seconds.</p>"
    response = answer("Powertrip cannot answer just now", body, status=503, mood="bad")
    response.headers["Retry-After"] = "5"
    return response


def question(challenge: Attempt, matter: Matter, control: str) -> web.Response:
    """What it is about, and `control`, which proves it."""
    body = (
        f"<p>Somebody {matter.asked} in Slack, as <b>{_member(challenge)}</b>. It is {matter.done} only if "
        f"that person proves it here.</p>{matter.facts}"
        f'<p class="warn">{matter.warning}</p>{control}'
        f'<p class="soft">The link works until {challenge.until:%H:%M:%S} UTC, once. {matter.free}</p>'
    )
    return answer(matter.title, body, has_script=challenge.kind is ProofKind.PASSKEY)


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


def proven(link: str, matter: Matter) -> web.Response:
    """The proof was taken, and a worker has not decided yet."""
    body = (
        f"<p>{matter.deciding}</p>{matter.facts}"
        '<p class="soft">This page looks again by itself. You may close it.</p>'
    )
    return answer("Proven", body, mood="good", then=(LOOK_AGAIN, link))


def taken(matter: Matter) -> web.Response:
    """The proof was spent."""
    body = f"<p>It was proven here. {matter.became}</p>{matter.facts}"
    return answer(matter.taken, body, mood="good")


def not_taken(matter: Matter, why: str) -> web.Response:
    """It was proven or could have been, and nothing comes of it."""
    body = f"<p>{why}</p>{matter.facts}"
    return answer(f"Nothing was {matter.done} by this", body, status=409, mood="bad")


def failed(link: str, why: str, matter: Matter, *, status: int = 403) -> web.Response:
    """An attempt that proved nothing; `why` is ours."""
    body = (
        f"<p>{text(why[:1].upper() + why[1:])}.</p><p>Nothing was {matter.done}.</p>"
        f'<a class="go" href="{text(link)}">Back to the question</a>'
    )
    return answer("That proved nothing", body, status=status, mood="bad")


def lost() -> web.Response:
    """Back from the provider, in a browser that did not set out from here."""
    body = (
        "<p>This browser did not set out from here, or more than five minutes ago. If somebody else sent you "
        "to that sign-in, tell your security team: they wanted your yes.</p>"
        f"<p>Nothing came of it. {AGAIN}</p>"
    )
    return answer("This sign-in belongs to nothing here", body, status=400, mood="bad")


def _member(challenge: Attempt) -> str:
    return text(f"{show(challenge.name, 80)} ({challenge.slack_id})")


def host_of(address: str) -> str:
    return URL(address).host_port_subcomponent or address
