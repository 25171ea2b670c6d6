"""Pages of one file: no script, nothing loaded, and all text from outside escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from powertrip.html import PALETTE, text

STYLE = (
    PALETTE
    + """
main{max-width:960px;margin:0 auto;padding:32px 24px 64px;background:var(--paper);min-height:100vh}
h1{font-size:27px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:40px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
p{margin:6px 0 12px;max-width:72ch}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:20px 0}
.tile{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.tile b{display:block;font-size:25px;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.verdicts{display:flex;gap:10px;flex-wrap:wrap;margin:16px 0 0}
.verdict{border-radius:99px;padding:4px 14px;font-weight:600;color:#fff;background:var(--good)}
.verdict.bad{background:var(--bad)}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin:8px 0}
th{text-align:left;color:var(--soft);font-weight:600;border-bottom:2px solid var(--line)}
th,td{padding:5px 10px 5px 0}
td{border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td{min-width:4.5em}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:12.5px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{background:var(--wash);border:1px solid var(--line);border-radius:8px;padding:12px;white-space:pre-wrap}
svg{width:100%;height:auto;margin:6px 0}svg text{font-size:11px;fill:var(--soft)}
svg .grid{stroke:var(--line)}
figure{margin:14px 0}figcaption{font-weight:600;font-size:13.5px}
.key{display:inline-block;width:11px;height:11px;border-radius:2px;margin:0 5px 0 14px}
.rule{display:grid;grid-template-columns:minmax(7em,14em) 1fr 4em;gap:10px;align-items:center}
.rule{font-size:13.5px}.rule span{overflow-wrap:anywhere}
.rule b{text-align:right;font-variant-numeric:tabular-nums}
.track{display:flex;height:14px;background:var(--wash)}.track i{display:block;height:100%}
@media (max-width:600px){main{padding:20px 14px 40px}
figure,.wide{overflow-x:auto}svg,.wide table{min-width:600px}
.rule{grid-template-columns:7.5em 1fr 3em}}
@media print{body{background:#fff}main{padding:0;max-width:none}h2{break-after:avoid}
tr,figure{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
)
CELL = 200
"""Characters of one cell; of more, their number is told."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, body: str) -> str:
    """The whole page; `body` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{text(title)}</title>'
        f"<style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """Figures side by side, each with its name; both are ours."""
    shown = "".join(f'<div class="tile"><b>{value}</b><span>{name}</span></div>' for value, name in values)
    return f'<div class="tiles">{shown}</div>'


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; what is a whole number in each row stands to the right."""
    listed = list(rows)
    if not listed:
        return "<p>None.</p>"
    numeric = {
        place
        for place in range(len(headings))
        if listed and all(isinstance(row[place], int) for row in listed)
    }
    mark = {place: ' class="n"' if place in numeric else "" for place in range(len(headings))}
    head = "".join(f"<th{mark[place]}>{text(heading)}</th>" for place, heading in enumerate(headings))
    body = "".join(
        "<tr>" + "".join(f"<td{mark[place]}>{_cell(value)}</td>" for place, value in enumerate(row)) + "</tr>"
        for row in listed
    )
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{shown}</div>'


def _cell(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    said = str(value)
    if len(said) <= CELL:
        return text(said)
    # A name may be as long as its sender likes; all of it stands in the event.
    return f'{text(said[:CELL])}… <span class="soft">({len(said):,} characters)</span>'


def time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def span(length: timedelta | None) -> str:
    if length is None:
        return "none"
    seconds = int(length.total_seconds())
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds} s"
