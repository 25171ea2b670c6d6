"""The pages on which people enrol: with a one-time code of the server, or after a sign-in."""

from collections.abc import Sequence

from aiohttp import web

from powertrip.cards.text import show
from powertrip.domain.proof import ProofKind
from powertrip.html import text
from powertrip.page.look import answer
from powertrip.page.pages import host_of
from powertrip.proofs.oidc import OidcSection

LONGEST_CODE = 64
_CODE = "An operator runs <code>bot.py enrol NAME --kind passkey</code> on the server and gives you the "


def begin(provider: OidcSection | None, kinds: Sequence[ProofKind], *, wrong: bool = False) -> web.Response:
    """How it can begin; `wrong` after a code that is none, was used or too late, which all read the same."""
    said = '<p id="said" role="alert">This code does not work, or not any more.</p>' if wrong else ""
    # With a button above it, the field would pull the page down on a phone.
    focus = "" if provider and not wrong else " autofocus"
    code = (
        f"<p>{'Or make a passkey with a code. ' if provider else ''}{_CODE}"
        "code that it prints. It works once, for fifteen minutes.</p>"
        '<form method="post" action="/enrol"><label for="code">One-time code</label>'
        f'<input id="code" name="code" maxlength="{LONGEST_CODE}" autocomplete="off" required{focus} '
        f'autocapitalize="characters" spellcheck="false"><button>Go on</button></form>{said}'
    )
    has_app, has_passkey = provider and ProofKind.TOTP in kinds, ProofKind.PASSKEY in kinds
    title = "Enrol what proves your approvals" if has_app else "Make a passkey"
    body = _sign_in(provider, kinds) if provider else ""
    # Codes are given out for passkeys alone.
    body += f"{'<hr>' if provider else ''}{code}" if has_passkey or not provider else ""
    return answer(title, body, status=403 if wrong else 200, mood="bad" if wrong else "")


def _sign_in(provider: OidcSection, kinds: Sequence[ProofKind]) -> str:
    host = text(host_of(provider.issuer))
    where = "<b>on the device that is to have the passkey</b>"
    if ProofKind.PASSKEY not in kinds:
        opened = ""
    elif ProofKind.TOTP in kinds:
        opened = f"For a passkey, open this page {where}; an authenticator app can be on another. "
    else:
        opened = f"Open this page {where}. "
    return (
        f"<p>{opened}You sign in at <b>{host}</b> once more, as yourself; that you are signed in there "
        "already is not enough.</p>"
        f'<form method="post" action="/enrol/sign-in"><button>Sign in at {host}</button></form>'
    )


def make(person: str, options: str, *, to: str, sealed: str = "", app: str = "") -> web.Response:
    """The button that asks the browser to make one; `app` is where an app is enrolled instead."""
    other = f'<p class="soft">No passkey here? <a href="{text(app)}">Enrol an authenticator app</a></p>'
    body = (
        f"<p>It will prove approvals of <b>{text(show(person, 80))}</b>. Your device asks for your "
        "fingerprint, face or PIN; none of that leaves it.</p>"
        f'<button data-does="make" data-to="{text(to)}" data-options="{text(options)}" '
        f'data-sealed="{text(sealed)}">Make the passkey</button><p id="said" role="alert"></p>'
        "<noscript><p>Passkeys need JavaScript, which is switched off here.</p></noscript>"
        f"{other if app else ''}"
        '<p class="soft">It counts for nothing until a reviewer has confirmed it in Slack.</p>'
    )
    return answer(f"A passkey for {show(person, 80)}", body, has_script=True)


def scan(person: str, secret: str, address: str, *, wrong: bool = False) -> web.Response:
    """The code to scan and the field for what the app then shows; `wrong` after it was not that."""
    import segno  # noqa: PLC0415 (few processes ever need it)

    code = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    said = "That is not what the app should show. Is the clock of the phone right?"
    alert = f'<p id="said" role="alert">{said}</p>'
    body = (
        f"<p>It will prove approvals of <b>{text(show(person, 80))}</b>. Scan this with an authenticator "
        f'app, or <a href="{text(address)}">open it</a> in one on this device, or type its secret there:</p>'
        f'<div class="scan">{code}<code>{text(secret)}</code></div>'
        '<form method="post" action="/enrol/app">'
        '<label for="digits">The six digits that the app shows</label>'
        '<input id="digits" name="digits" maxlength="20" inputmode="numeric" autocomplete="one-time-code" '
        f"required><button>Enrol it</button></form>{alert if wrong else ''}"
        '<p class="soft">Never send this to anybody, least of all in Slack. It is shown for five minutes, '
        "and counts for nothing until a reviewer has confirmed it in Slack.</p>"
    )
    title = f"An authenticator app for {show(person, 80)}"
    return answer(title, body, status=403 if wrong else 200, mood="bad" if wrong else "")


def made(factor_id: str = "", kind: ProofKind = ProofKind.PASSKEY) -> web.Response:
    """It is kept. Its id is for telling it from one that somebody else enrolled in the same name."""
    what = "passkey" if kind is ProofKind.PASSKEY else "authenticator app"
    which = (
        f"<p>Their question names it <code>{text(factor_id)}</code>. Tell a reviewer so yourself, and not in "
        "Slack, so that they confirm yours and not somebody else's.</p>"
        if factor_id
        else ""
    )
    body = (
        f"<p>Powertrip asks the reviewers in the security channel. The {what} counts for nothing until one "
        f"of them, other than you, has confirmed it, and for the gravest events some time longer.</p>{which}"
    )
    return answer(f"The {what} is kept", body, mood="good")


def nobody() -> web.Response:
    """Who signed in has no entry; the log says more to whoever may know."""
    body = f"<p>With this sign-in nothing can be enrolled here; an operator can find out why.</p>{_BACK}"
    return answer("Nothing was enrolled", body, status=403, mood="bad")


def failed(why: str, *, status: int = 403) -> web.Response:
    """A sign-in that begins nothing; `why` is ours."""
    body = f"<p>{text(why[:1].upper() + why[1:])}.</p>{_BACK}"
    return answer("Nothing was enrolled", body, status=status, mood="bad")


def lost() -> web.Response:
    """In a browser that did not set out, or came back too long ago."""
    body = (
        "<p>This browser did not set out from here, or it is more than five minutes ago. If somebody else "
        "sent you here, or to that sign-in, tell your security team.</p>"
        f"{_BACK}"
    )
    return answer("Nothing was enrolled", body, status=400, mood="bad")


def not_offered() -> web.Response:
    """Switched off, perhaps since the page was shown."""
    body = f"<p>{_CODE}code for a passkey; a sign-in begins none here.</p>{_BACK}"
    return answer("Nothing was enrolled", body, status=404, mood="bad")


_BACK = '<a class="go" href="/enrol">Begin anew</a>'
