"""What all our pages share, in files and in browsers: one look, and all text from outside escaped."""

from html import escape

PALETTE = """
:root{--ink:#1c2430;--soft:#5b6675;--line:#dfe4ea;--paper:#fff;--wash:#f5f7f9;--good:#2f7d5b;--bad:#b3372f}
*{box-sizing:border-box}body{margin:0;background:var(--wash);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}"""


def visible(text: str) -> str:
    """Text from outside with each unprintable character as an escape, on one line."""
    # A log line must not be able to steer the terminal that shows it.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def text(value: str) -> str:
    """Text from outside, visible and escaped."""
    # What cannot be seen, such as marks that turn the direction of writing, is written out.
    return escape(visible(value), quote=True)
