"""The messages about one event beside the lines that tell of them."""

from dataclasses import dataclass, field
from typing import Any

from powertrip.domain.event import NoticeKind
from powertrip.store.history.chain import Coupled, current
from powertrip.store.history.findings import Findings
from powertrip.store.history.streams import Rows


@dataclass(slots=True)
class _Posted:
    """A message as the lines tell of it."""

    kind: str
    line: int
    revision: int
    digest: str | None
    has_digest: bool
    is_gone: bool = False


@dataclass(slots=True)
class Messages:
    """Those of one event while its lines are read."""

    event_id: str
    findings: Findings
    coupled: Coupled
    posted: dict[tuple[str, str], _Posted] = field(default_factory=dict)

    @property
    def kinds(self) -> set[str]:
        """What kinds of messages were ever posted."""
        return {posted.kind for posted in self.posted.values()}

    def count(self, kind: NoticeKind) -> int:
        """How many messages of a kind were ever posted."""
        return sum(posted.kind == kind for posted in self.posted.values())

    def shown(self, line: int, action: str, detail: Any) -> None:
        """A line about a message that was posted or changed."""
        channel, ts = detail.get("channel"), detail.get("ts")
        key = (current(channel, line, self.coupled.moves), ts)
        known = self.posted.get(key)
        if action == "notice_posted" and known is None:
            self.posted[key] = _Posted(
                kind=detail.get("kind"),
                line=line,
                revision=detail.get("revision"),
                digest=detail.get("shown"),
                has_digest="shown" in detail,
            )
        elif action == "notice_updated" and known is not None:
            known.line, known.revision = line, detail.get("revision")
            known.digest, known.has_digest = detail.get("shown"), "shown" in detail

    def gone(self, line: int, detail: Any) -> None:
        """A line about a message that is no longer there, or cannot be changed."""
        known = self.posted.get((current(detail.get("channel"), line, self.coupled.moves), detail.get("ts")))
        if known is not None:
            known.is_gone = True

    def check(self, notices: Rows, decided: int) -> None:
        """Compare the rows with all that the lines told; `decided` is the line of the last decision."""
        for row_id, kind, channel, ts, revision, removed_at, digest in notices.all(self.event_id):
            where, known = f"notice {row_id}", self.posted.pop((channel, ts), None)
            if known is None:
                known = self._moved_before(ts)
            if known is None:
                self._altered("added", where, "no audit line tells that it was posted")
            elif (kind, revision) != (known.kind, known.revision):
                self._altered("notice", where, f"it is not what audit line {known.line} says")
            elif known.has_digest and digest != known.digest:
                what = f"it says that another card was shown than audit line {known.line}"
                self._altered("shown", where, what)
            # A reminder goes when the next one comes.
            elif removed_at is not None and not known.is_gone and kind != NoticeKind.REMINDER:
                self._altered("removed", where, "it counts as removed, and no audit line says so")
            elif removed_at is None and known.line < decided and not known.is_gone:
                self._check_update(where, channel, ts)
        for (channel, ts), known in self.posted.items():
            what = f"its row is gone; audit line {known.line} tells of it (event {self.event_id})"
            self.findings.missing("notice", f"message {ts} in {channel}", what)

    def _check_update(self, where: str, channel: str, ts: str) -> None:
        if not self.coupled.is_to_change(channel, ts):
            what = f"it still shows its buttons, and no update of it waits (event {self.event_id})"
            self.findings.missing("update", where, what)

    def _altered(self, kind: str, where: str, what: str) -> None:
        self.findings.altered(kind, where, f"{what} (event {self.event_id})")

    def _moved_before(self, ts: str) -> _Posted | None:
        """A message whose conversation got another id before the history told of that."""
        for key, known in self.posted.items():
            if key[1] == ts and not known.has_digest:
                self.findings.note("messages that moved before the history told of that")
                return self.posted.pop(key)
        return None
