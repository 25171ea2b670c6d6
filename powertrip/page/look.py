"""How the page looks: one column, nothing loaded from elsewhere, no script but the one of passkeys."""

from collections.abc import Iterable
from secrets import token_urlsafe

from aiohttp import web

from powertrip.html import PALETTE, text

STYLE = (
    PALETTE
    + """
body{display:flex;flex-direction:column;min-height:100vh;padding:32px 16px}
main{width:100%;max-width:560px;margin:auto;background:var(--paper);border:1px solid var(--line);
border-radius:14px;padding:28px 32px 32px;box-shadow:0 1px 2px #1c24300f,0 8px 32px #1c243012}
header{display:flex;gap:10px;align-items:center;color:var(--soft);font-size:13px;margin-bottom:20px}
header b{color:var(--ink);letter-spacing:.01em}header i{width:10px;height:10px;border-radius:50%;
background:var(--mark,var(--soft))}
hr{border:0;border-top:1px solid var(--line);margin:22px 0 18px}
h1{font-size:24px;line-height:1.25;margin:0 0 10px;letter-spacing:-.01em}
p{margin:0 0 14px}.soft{color:var(--soft);font-size:13.5px;margin:16px 0 0}
dl{margin:20px 0;border:1px solid var(--line);border-radius:10px;overflow:hidden}
dl div{display:grid;grid-template-columns:8.5em 1fr;gap:12px;padding:9px 14px}
dl div+div{border-top:1px solid var(--line)}dl div:first-child{background:var(--wash)}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}dl div:first-child dd{font-weight:600}
button,.go{display:block;width:100%;border:0;border-radius:9px;padding:13px 16px;font:inherit;font-weight:600;
text-align:center;text-decoration:none;color:#fff;background:var(--ink);cursor:pointer}
button:hover,.go:hover{background:#33405a}button:disabled{opacity:.55;cursor:default}
button:focus-visible,.go:focus-visible,input:focus-visible{outline:3px solid #7aa7e0;outline-offset:2px}
input{width:100%;font:17px/1.3 ui-monospace,"DejaVu Sans Mono",monospace;padding:11px 13px;margin:6px 0 16px;
border:1px solid #aab4c0;border-radius:9px;letter-spacing:.04em}
.scan{text-align:center;margin:0 0 16px}.scan svg{display:block;width:220px;height:auto;margin:0 auto 8px}
label{font-weight:600}.warn{background:#fdf3e6;border-left:4px solid #c7791b;border-radius:6px;
padding:10px 14px;margin:16px 0 18px;font-size:14px}
#said{color:var(--bad);font-weight:600;margin:14px 0 0}#said:empty{display:none}
footer{margin:18px auto 0;max-width:560px;color:var(--soft);font-size:12.5px;text-align:center}
.good{--mark:var(--good)}.bad{--mark:var(--bad)}.good h1{color:var(--good)}.bad h1{color:var(--bad)}
@media (max-width:480px){body{padding:12px 10px}main{padding:20px 18px 22px;border-radius:11px}
h1{font-size:21px}dl div{grid-template-columns:6.6em 1fr;gap:10px;padding:8px 11px}}
"""
)
SCRIPT = "/proof/passkey.js"


def answer(
    title: str,
    body: str,
    *,
    status: int = 200,
    mood: str = "",
    has_script: bool = False,
    then: tuple[int, str] | None = None,
) -> web.Response:
    """A whole page; `body` is HTML. `then`: after how many seconds the browser goes on, and where to."""
    nonce = token_urlsafe(16)
    script = f'<script src="{SCRIPT}" nonce="{nonce}" defer></script>' if has_script else ""
    seconds, address = then or (0, "")
    # Not a redirect: after a form, browsers hold each of those to `form-action`, the provider's own too.
    onward = f'<meta http-equiv="refresh" content="{seconds};url={text(address)}">' if then else ""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="robots" content="noindex">{onward}<title>{text(title)} - Powertrip</title>'
        f'<style nonce="{nonce}">{STYLE}</style>{script}'
    )
    page = (
        f'<!doctype html><html lang="en"><head>{head}</head><body><main class="{mood}">'
        "<header><i></i><b>Powertrip</b><span>proof that it is you</span></header>"
        f"<h1>{text(title)}</h1>{body}</main></body></html>\n"
    )
    response = web.Response(text=page, content_type="text/html", status=status)
    return guarded(response, nonce=nonce)


def guarded(response: web.Response, *, nonce: str = "") -> web.Response:
    """The response, which nobody keeps, frames or adds to."""
    by_nonce = f"'nonce-{nonce}'" if nonce else "'none'"
    response.headers.update(
        {
            "Content-Security-Policy": (
                f"default-src 'none'; script-src {by_nonce}; style-src {by_nonce}; connect-src 'self'; "
                "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
            ),
            "Cache-Control": "no-store",
            # The address holds the challenge's nonce. Not `no-referrer`: with that, forms say no origin.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": (
                "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), "
                "microphone=(), geolocation=()"
            ),
        }
    )
    return response


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """What is known, a line each; the values are text from outside."""
    lines = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return f"<dl>{lines}</dl>"
