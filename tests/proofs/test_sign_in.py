"""What the browser keeps of a sign-in begins nothing else."""

from powertrip.proofs.sealing import Sealer
from powertrip.proofs.sign_in import Attempt
from tests.conftest import Clock


def test_a_cookie_that_is_not_ours_or_too_old_begins_nothing(clock: Clock) -> None:
    ours, other = (Sealer([key * 32]) for key in (b"a", b"b"))
    attempt = Attempt.begin("n0nce", clock())
    sealed = attempt.sealed(ours)

    assert Attempt.opened(sealed, ours, clock()) == attempt
    assert Attempt.opened(attempt.sealed(other), ours, clock()) is None
    assert Attempt.opened(ours.seal("[]", "sign-in"), ours, clock()) is None
    assert Attempt.opened(ours.seal("{}", "another"), ours, clock()) is None
    assert Attempt.opened(sealed, ours, clock.forward(minutes=5, seconds=1)) is None
