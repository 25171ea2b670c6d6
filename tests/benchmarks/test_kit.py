"""The kit that measures: rounds in turn, what is said of them, and what ends a measurement."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from benchmarks import report
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.hostile import expected_rule
from benchmarks.kit import Goal, Measures, Result, Row, Run, Spread, expect, percentile
from benchmarks.load import Probe, post, send
from benchmarks.machine import Watch, cpu_of, cpu_of_trees
from benchmarks.table import as_json, as_text

ROW = Row(
    name="row", what="a row", value="new.rate", baseline="bare.rate", unit="events/s", goal=Goal(at_least=2)
)


def result(values: tuple[float, ...], baselines: tuple[float, ...], row: Row = ROW) -> Result:
    return Result(row=row, values=values, baselines=baselines, others=0.0)


def test_a_ratio_is_of_one_round_and_the_median_is_of_the_ratios() -> None:
    measured = result((10, 100, 30), (5, 100, 10))

    assert measured.ratios == (2, 1, 3)
    assert Spread.of(measured.ratios) == Spread(2, 1.5, 2.5)
    assert measured.is_met


def test_a_goal_of_the_value_does_not_look_at_the_ratio() -> None:
    row = Row(
        name="row", what="", value="a.ms", baseline="b.ms", unit="ms", goal=Goal(at_most=100, of_value=True)
    )

    assert result((99.0,), (1.0,), row).is_met
    assert not result((101.0,), (1000.0,), row).is_met


async def test_the_sides_take_turns(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def side(name: str, rate: float) -> object:
        async def measured(number: int) -> Measures:
            asked.append((name, number))
            return {"rate": rate}

        return measured

    sides = {"new": side("new", 3), "bare": side("bare", 1)}
    (found,) = await Run(tmp_path, rounds=2).take_turns(sides, [ROW])  # type: ignore[arg-type]

    assert asked == [("new", 0), ("bare", 0), ("new", 1), ("bare", 1)]
    assert (found.values, found.baselines) == ((3, 3), (1, 1))


async def test_no_round_begins_when_the_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="after 0 rounds"):
        await Run(tmp_path, ends_at=0).take_turns({}, [ROW])


async def test_a_row_that_no_side_measured_ends_it(tmp_path: Path) -> None:
    async def side(_: int) -> Measures:
        return {"seconds": 1}

    with pytest.raises(KeyError):
        await Run(tmp_path, rounds=1).take_turns({"new": side, "bare": side}, [ROW])


def test_a_count_that_is_wrong_ends_it() -> None:
    expect(3, 3, "rows")
    with pytest.raises(AssertionError, match="rows: 2, and not 3"):
        expect(2, 3, "rows")


def test_nothing_measured_is_no_figure() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of([])


def test_the_99th_percentile_is_not_the_median() -> None:
    assert percentile(range(100), 0.5) == 50
    assert percentile(range(100), 0.99) == 99


def test_own_work_is_not_that_of_others() -> None:
    watch = Watch()
    watch.begin()
    before = cpu_of_trees({1})
    sum(range(2_000_000))

    assert 0 <= watch.others() <= 1
    assert cpu_of_trees({1}) >= before
    with pytest.raises(ProcessLookupError):
        cpu_of(2**22 + 1)


@asynccontextmanager
async def served(answer: int) -> AsyncIterator[int]:
    """The port of a server that answers everything so."""

    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=answer, text="said")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def probed(port: int) -> Probe:
    """A probe of what ended at once; for a thread, since the loop here has the probe to answer."""
    with Probe(port) as probe:
        pass
    return probe


async def test_every_request_is_sent_once_and_answered() -> None:
    async with served(200) as port:
        sending = send(port, [post("/x", b"body", {})] * 10, 3)
        sent, probe = await asyncio.gather(sending, asyncio.to_thread(probed, port))

    assert len(sent.latencies) == 10
    assert 0 < sent.p(0.5) <= sent.p(0.99)
    assert probe.longest > 0


async def test_an_answer_other_than_200_ends_it() -> None:
    async with served(503) as port:
        with pytest.raises(RuntimeError, match="503"):
            await send(port, [post("/x", b"", {})], 1)
        probe = await asyncio.to_thread(probed, port)
        with pytest.raises(OSError, match="503, and not 200"):
            _ = probe.longest


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("A x B7 C", "h7"),
        ("A B12 B3 C", "h1"),
        ("B7 C", None),
        ("A B7 C.", None),
        ("AC", None),
        ("A B7 C ", "h7"),
    ],
)
def test_what_hostile_rules_must_say_is_known_without_them(line: str, rule: str | None) -> None:
    assert expected_rule(line) == rule


def test_the_page_has_a_place_for_every_benchmark_and_no_other() -> None:
    places = report.PART.finditer(report.PAGE.read_text(encoding="utf-8"))

    assert {place["name"] for place in places} == {*BENCHMARKS, "machine", "pictures"}


def test_the_page_shows_what_was_measured() -> None:
    measured = result((10, 100, 30), (5, 100, 10))
    told = {"benchmarks": {"judging": {"rows": [as_json(measured)]}}}
    page = "before\n<!-- bench:judging -->\nold\n<!-- /bench -->\nafter"

    filled = report.filled(page, told)

    assert filled.startswith("before\n<!-- bench:judging -->\n| measured")
    assert "| a row" in filled
    assert as_text([measured]) in filled
    assert "old" not in filled
    assert report.filled(filled, told) == filled


def test_a_page_is_made_of_whole_measurements_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bench.json"
    monkeypatch.setattr("sys.argv", ["report", str(file)])
    for told in ({"smoke": True, "rounds": 9}, {"smoke": False, "rounds": 3}):
        file.write_text(json.dumps(told))
        with pytest.raises(SystemExit, match="no measurement"):
            report.main()
    with pytest.raises(SystemExit, match="judging failed"):
        report.filled(
            "<!-- bench:judging -->\n<!-- /bench -->", {"benchmarks": {"judging": {"failed": "why"}}}
        )


def test_pictures_are_drawn(tmp_path: Path) -> None:
    rows = [as_json(result((10, 100, 30), (5, 100, 10)))]

    report.draw({"benchmarks": {"judging": {"rows": rows}, "rules": {"failed": "why"}}}, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {"performance-goals.png", "performance-rounds.png"}


def test_a_benchmark_that_fails_ends_with_1_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken(_name: str, _run: Run) -> list[Result]:
        raise AssertionError("rows: 2, and not 3")

    file = tmp_path / "bench.json"
    monkeypatch.setattr("benchmarks.__main__.measure", broken)
    monkeypatch.setattr("sys.argv", ["benchmarks", "judging", "--json", str(file)])

    assert main() == 1
    assert "## judging: FAILED" in capsys.readouterr().out
    assert "failed" in json.loads(file.read_text())["benchmarks"]["judging"]


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "judgin"])
    with pytest.raises(SystemExit, match="no such benchmark: judgin"):
        main()
