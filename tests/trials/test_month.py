"""Two days of the month, with expectations as they come: who breaks in is asked about, and little else."""

from tests.trials.month.office import slack_id
from tests.trials.month.run import run_one
from tests.trials.month.script import NAMES, month


def test_two_days_with_expectations_ask_about_each_break_in_and_spare_most_of_the_ordinary_work() -> None:
    script = month(days=2, records=260)
    attacks = [line.attack for line in script.lines if line.attack]
    done = run_one("as it comes", script, seed=7)
    assert len(attacks) == 2
    assert done.missed == []
    asked = sum(count for (to, _), count in done.questions.items() if to in map(slack_id, NAMES))
    assert done.expected > len(script.lines) / 2
    assert asked < len(script.lines) / 2
