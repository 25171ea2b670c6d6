"""Which step of an authenticator app a code is of."""

from datetime import UTC, datetime

from powertrip.proofs.totp import STEP, step_of
from tests.proving import SECRET


def test_a_code_that_two_steps_have_uses_up_both() -> None:
    # Once in some years two steps in a row have the same code.
    first, second, code = 59141676, 59141677, "212317"

    for step in (first, second):
        assert step_of(code, SECRET, datetime.fromtimestamp(step * STEP, UTC)) == second
