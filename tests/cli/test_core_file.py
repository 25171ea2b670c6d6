"""What is left on the disk where a process dies."""

import resource

from powertrip.cli.run import leave_no_core_file


def test_a_crash_leaves_no_image_of_the_memory() -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        leave_no_core_file()
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
