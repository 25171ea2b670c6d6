"""Files that commands write are the work of nobody else."""

from pathlib import Path

import pytest

from powertrip.cli.outputs import replacing
from powertrip.errors import StoreError


def test_a_link_beside_a_file_that_is_written_leads_nowhere(tmp_path: Path) -> None:
    theirs, output = tmp_path / "theirs", tmp_path / "page.html"
    theirs.write_text("kept")
    # Where anybody may write, anybody can put one there and wait for root.
    (tmp_path / "page.html.partial").symlink_to(theirs)
    output.symlink_to(theirs)
    with replacing(output) as file:
        file.write("new")
    assert theirs.read_text() == "kept"
    assert output.read_text() == "new"
    assert output.stat().st_mode & 0o777 == 0o600
    assert not output.is_symlink()


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"--output: .*page\.html cannot be written"),
        replacing(tmp_path / "no" / "page.html") as file,
    ):
        file.write("new")
