"""The pages on which a passkey is made with a one-time code of the server."""

from aiohttp import web

from powertrip.cards.text import show
from powertrip.html import text
from powertrip.page.look import answer

LONGEST_CODE = 64


def ask_code(wrong: bool = False) -> web.Response:
    """The form; `wrong` after one that is none, was used or came too late, which all read the same."""
    said = '<p id="said" role="alert">This code does not work, or not any more.</p>' if wrong else ""
    body = (
        "<p>An operator runs <code>bot.py enrol NAME --kind passkey</code> on the server and gives you the "
        "code that it prints. It works once, for fifteen minutes.</p>"
        '<form method="post" action="/enrol"><label for="code">One-time code</label>'
        f'<input id="code" name="code" maxlength="{LONGEST_CODE}" autocomplete="off" required autofocus '
        f'autocapitalize="characters" spellcheck="false"><button>Go on</button></form>{said}'
    )
    return answer("Make a passkey", body, status=403 if wrong else 200, mood="bad" if wrong else "")


def make(person: str, options: str, sealed: str) -> web.Response:
    """The button that asks the browser to make one."""
    body = (
        f"<p>It will prove approvals of <b>{text(show(person, 80))}</b>. Your device asks for your "
        "fingerprint, face or PIN; none of that leaves it.</p>"
        f'<button data-does="make" data-to="/enrol/passkey" data-options="{text(options)}" '
        f'data-sealed="{text(sealed)}">Make the passkey</button><p id="said" role="alert"></p>'
        "<noscript><p>Passkeys need JavaScript, which is switched off here.</p></noscript>"
        '<p class="soft">It counts for nothing until a reviewer has confirmed it in Slack.</p>'
    )
    return answer(f"A passkey for {show(person, 80)}", body, has_script=True)


def made() -> web.Response:
    """It is kept."""
    body = (
        "<p>Powertrip asks the reviewers in the security channel. The passkey counts for nothing until one "
        "of them, other than you, has confirmed it, and for the gravest events some time longer.</p>"
    )
    return answer("The passkey is kept", body, mood="good")
