"""A batch that cannot be kept together falls apart, and nothing of it is lost."""

from collections.abc import Sequence

import pytest

from powertrip.domain.judgement import Applied
from powertrip.errors import StoreUnavailable
from powertrip.pipeline.judge import apply_all


class Table:
    """Keeps names, and breaks on some."""

    def __init__(self, *breaking: str, error: type[Exception] = ValueError) -> None:
        self.kept: list[str] = []
        self.given_up: list[str] = []
        self._breaking = breaking
        self._error = error

    async def apply(self, names: Sequence[str]) -> Applied:
        for name in names:
            if name in self._breaking:
                raise self._error(name)
        self.kept += names
        return Applied(opened=tuple(names), quarantined=1, sighted=2, folded=("x",), paired=("wazuh",))

    async def give_up(self, name: str, error: Exception) -> Applied:
        assert str(error) == name
        self.given_up.append(name)
        return Applied(quarantined=10)


async def test_a_whole_batch_is_one_transaction() -> None:
    table = Table()
    applied = await apply_all(["a", "b"], table.apply, table.give_up)
    assert (applied.opened, applied.quarantined, table.given_up) == (("a", "b"), 1, [])


async def test_an_item_that_breaks_holds_up_no_other() -> None:
    table = Table("b")
    applied = await apply_all(["a", "b", "c"], table.apply, table.give_up)
    assert (table.kept, table.given_up) == (["a", "c"], ["b"])
    assert applied == Applied(
        opened=("a", "c"), folded=("x", "x"), quarantined=12, sighted=4, paired=("wazuh", "wazuh")
    )


async def test_while_the_database_is_away_nothing_is_given_up() -> None:
    table = Table("b", error=StoreUnavailable)
    with pytest.raises(StoreUnavailable):
        await apply_all(["a", "b"], table.apply, table.give_up)
    assert (table.kept, table.given_up) == ([], [])
