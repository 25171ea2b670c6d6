"""The upgrade under load in short; `python -m tests.trials.overlap` is the long one."""

import pytest

from tests.trials.overlap import OLD, run


@pytest.mark.system
@pytest.mark.timeout(600)
async def test_old_and_new_code_work_side_by_side_through_the_migrations() -> None:
    try:
        found, _ = await run("postgresql", rate=1.0, seconds=1.0, back=False)
    except FileNotFoundError:
        pytest.skip(f"this clone has no commit {OLD}, whose code is the old one")
    assert found.acknowledged > 0
    # The old code acknowledged a click before it wrote it down.
    broken = {name for name, count in found.broken().items() if count}
    assert broken <= {"clicks_without_a_word"}
