"""How the workspace behaves at the moment, beside what is in it."""

from dataclasses import dataclass, field


@dataclass
class Conditions:
    """The defaults are those of a good day."""

    token_errors: dict[str, str] = field(default_factory=dict)
    """Slack's error for each call with this token, such as `token_revoked`."""
    read_lag: float = 0.0
    """Seconds until what was posted appears in histories."""
    edit_window: float | None = None
    """Seconds after which a message cannot be edited any more; None for no end."""
    short_pages: bool = False
    """Whether lists of channels come in short and empty pages, each with a cursor."""
