"""How ./dev test chooses, counts and reports: text in, numbers out."""

import pytest

from devtool import console, coretests, odoo_log, parts, selection, testrun
from devtool.cli import build_parser, main
from devtool.coretests import Result
from devtool.errors import SetupError
from devtool.parts import Outcome

STAMP = "2026-01-02 03:04:05,678 99"
MODULE = "odoo.addons.crm_relationship.tests.test_a"


def log_of(*lines, code=0):
    """Return (TestLog, Outcome) for Odoo's output."""
    log = odoo_log.TestLog()
    for line in lines:
        log.feed(line)
    return log, parts.odoo_outcome("odoo", log, code, list(lines))


def started(name):
    return f"{STAMP} INFO db {MODULE}: Starting {name} ... "


def closing(text, level="INFO"):
    return f"{STAMP} {level} db odoo.tests.result: {text} when loading database 'db' "


class TestOdooCounts:
    def test_all_passed(self):
        _, outcome = log_of(
            started("TestA.test_one"),
            started("TestA.test_two"),
            closing("0 failed, 0 error(s) of 2 tests"),
        )
        assert (outcome.passed, outcome.failed, outcome.report) == (2, 0, "")

    def test_failures_are_counted_and_shown(self):
        log, outcome = log_of(
            started("TestA.test_one"),
            f"{STAMP} ERROR db {MODULE}: FAIL: TestA.test_one",
            "Traceback (most recent call last):",
            "AssertionError: 1 != 2",
            f"{STAMP} INFO db {MODULE}: not part of the failure",
            f"{STAMP} ERROR db {MODULE}: ERROR: TestA.test_two",
            closing("1 failed, 1 error(s) of 3 tests", "ERROR"),
            code=1,
        )
        assert (outcome.passed, outcome.failed) == (1, 2)
        assert "AssertionError: 1 != 2" in outcome.report
        assert "not part of the failure" not in outcome.report
        assert [name for _, name in log.failed] == ["TestA.test_one", "TestA.test_two"]

    def test_skipped_tests_did_not_pass(self):
        _, outcome = log_of(
            started("TestA.test_one"),
            f"{STAMP} INFO db {MODULE}: skipped TestA.test_one : no browser",
            started("TestA.test_two"),
            closing("0 failed, 0 error(s) of 2 tests"),
        )
        assert (outcome.passed, outcome.failed, outcome.skipped) == (1, 0, 1)

    @pytest.mark.parametrize("level", ["ERROR", "CRITICAL"])
    def test_an_error_outside_of_tests_fails(self, level):
        _, outcome = log_of(
            f"{STAMP} {level} db odoo.sql_db: bad query: SELECT nothing",
            closing("0 failed, 0 error(s) of 2 tests"),
        )
        assert (outcome.passed, outcome.failed) == (2, 1)
        assert "bad query" in outcome.report

    def test_no_closing_line_fails(self):
        _, outcome = log_of(started("TestA.test_one"), code=-9)
        assert outcome.failed == 1

    def test_no_test_at_all_fails(self):
        _, outcome = log_of(closing("0 failed, 0 error(s) of 0 tests", "WARNING"))
        assert outcome.failed == 1
        assert "No test ran" in outcome.report

    def test_exit_code_fails(self):
        _, outcome = log_of(closing("0 failed, 0 error(s) of 2 tests"), code=1)
        assert outcome.failed == 1


class TestPytestCounts:
    @pytest.mark.parametrize(
        "line, expected",
        [
            ("12 passed in 0.10s", (12, 0, 0)),
            ("1 failed, 2 passed, 3 skipped in 1.00s", (2, 1, 3)),
            ("1 failed, 1 passed, 2 errors in 1.00s", (1, 3, 0)),
            ("1 error in 0.05s", (0, 1, 0)),
            ("4 passed, 1 xfailed, 1 xpassed in 2s", (5, 1, 0)),
            ("no tests ran in 0.01s", (0, 1, 0)),
        ],
    )
    def test_closing_line(self, line, expected):
        outcome = parts.pytest_outcome("engine", ["test_a.py ...", line])
        assert (outcome.passed, outcome.failed, outcome.skipped) == expected


@pytest.fixture
def repo(tmp_path):
    """A repository with one addon and one plain test file."""
    addon = tmp_path / "crm_relationship"
    (addon / "tests").mkdir(parents=True)
    (addon / "__manifest__.py").write_text("{}")
    (addon / "tests" / "test_schedule.py").write_text(
        "class TestSchedule:\n    def test_once(self):\n        pass\n"
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_gate.py").write_text(
        "def test_refusal():\n    pass\n\n\n"
        "class TestGate:\n    def test_caps(self):\n        pass\n"
    )
    return tmp_path


class TestSelection:
    def test_nothing_named_means_the_default(self, repo):
        assert selection.select([], repo).parts == list(selection.DEFAULT_PARTS)

    def test_parts(self, repo):
        assert selection.select(["engine", "core"], repo).parts == ["engine", "core"]

    @pytest.mark.parametrize(
        "word, tag",
        [
            ("test_schedule", "/crm_relationship/tests/test_schedule.py"),
            ("test_schedule.py", "/crm_relationship/tests/test_schedule.py"),
            ("TestSchedule", "/crm_relationship:TestSchedule"),
            ("TestSchedule.test_once", "/crm_relationship:TestSchedule.test_once"),
            ("test_once", "/crm_relationship:.test_once"),
            ("/sale:TestSaleFlow", "/sale:TestSaleFlow"),
            ("/crm_relationship:Test.test_x", "/crm_relationship:Test.test_x"),
        ],
    )
    def test_names_of_odoo_tests(self, repo, word, tag):
        assert selection.select([word], repo).tags == [tag]

    @pytest.mark.parametrize(
        "word, node",
        [
            ("test_gate", "test_gate.py"),
            ("tests/test_gate.py", "test_gate.py"),
            ("tests/test_gate.py::test_refusal", "test_gate.py::test_refusal"),
            ("test_refusal", "test_gate.py::test_refusal"),
            ("TestGate", "test_gate.py::TestGate"),
            ("TestGate.test_caps", "test_gate.py::TestGate::test_caps"),
            ("test_caps", "test_gate.py::TestGate::test_caps"),
        ],
    )
    def test_names_of_plain_tests(self, repo, word, node):
        chosen = selection.select([word], repo)
        assert (chosen.pytest, chosen.tags) == ([f"{repo}/tests/{node}"], [])

    def test_unknown_name_says_what_there_is(self, repo):
        with pytest.raises(SetupError, match="engine"):
            selection.select(["tset_gate"], repo)

    def test_tags_of_the_parts(self):
        assert selection.addon_tags(["a", "b"], tours=True) == (
            "crm_relationship_tour/a,crm_relationship_tour/b"
        )
        assert selection.addon_tags(["a"], tours=False) == "/a,-crm_relationship_tour"


class TestStages:
    def names(self, **chosen):
        stages = testrun.make_stages(selection.Selection(**chosen))
        return [[[job.name for job in lane] for lane in stage] for stage in stages]

    def test_default_runs_two_lanes_then_the_tours(self):
        assert self.names(parts=list(selection.DEFAULT_PARTS)) == [
            [["odoo"], ["lint", "engine", "tool"]],
            [["tour"]],
        ]

    def test_one_part_is_one_lane(self):
        assert self.names(parts=["tour"]) == [[["tour"]]]

    def test_names(self):
        assert self.names(tags=["/a"], pytest=["b"]) == [[["named"], ["pytest"]]]


class TestTotals:
    def test_sum(self):
        summary = testrun.Summary([Outcome("a", 2, 1), Outcome("b", 3, 0, 4)])
        assert summary.totals() == (5, 1)

    def test_nothing_ran_is_a_failure(self):
        assert testrun.Summary([]).totals() == (0, 1)
        assert testrun.Summary([Outcome("a")]).totals() == (0, 1)

    def test_last_line(self, capsys):
        assert testrun._report(testrun.Summary([Outcome("a", 2, 0)])) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"
        assert testrun._report(testrun.Summary([Outcome("a", 2, 1)])) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed"


class TestCore:
    def test_only_new_failures_count(self, capsys):
        outcome = coretests.compare(
            Result(10, ("a",)), Result(10, ("a", "b"), 1, "why")
        )
        assert (outcome.passed, outcome.failed) == (7, 1)
        assert "fails only with the addon: b" in outcome.report
        assert "why" in outcome.report

    def test_known_failures_do_not(self, capsys):
        outcome = coretests.compare(Result(10, ("a",)), Result(10, ("a",)))
        assert (outcome.passed, outcome.failed, outcome.report) == (9, 0, "")

    @pytest.mark.parametrize(
        "line, tag",
        [
            ("sale.tests.test_x: FAIL: TestX.test_y", "/sale:TestX.test_y"),
            (
                "sale.tests.test_x: FAIL: Subtest TestX.test_y (a='b')",
                "/sale:TestX.test_y",
            ),
            ("setUpClass", "/crm:TestX"),
        ],
    )
    def test_tag(self, line, tag):
        if line == "setUpClass":
            where = "odoo.addons.crm.tests.test_x.TestX"
            text = f"odoo.tests.suite: ERROR: setUpClass ({where})"
        else:
            text = f"odoo.addons.{line}"
        log = odoo_log.TestLog()
        log.feed(f"{STAMP} ERROR db {text}")
        [(logger, name)] = log.failed
        assert coretests.tag_of(f"{logger}: {name}") == tag

    def test_lost_tests_do(self):
        outcome = coretests.compare(Result(10, ()), Result(4, ()))
        assert outcome.failed == 1


class TestCommandLine:
    @pytest.mark.parametrize(
        "line",
        ["demo --no-serve", "test", "test odoo tour", "serve x --port 1", "shell",
         "psql demo", "lint --fix", "i18n --check", "screenshots", "clean --all"],
    )  # fmt: skip
    def test_commands(self, line):
        assert build_parser().parse_args(line.split()).handler

    def test_an_error_is_one_sentence(self, capsys, monkeypatch):
        def fail(words):
            raise SetupError("No apt here. Install it.", "last words")

        monkeypatch.setattr(testrun, "run", fail)
        assert main(["test"]) == 1
        captured = capsys.readouterr()
        assert captured.err == "dev: No apt here. Install it.\n\nlast words\n"
        assert captured.out == ""

    @pytest.mark.parametrize(
        "seconds, text", [(4.25, "4.2 s"), (59.9, "59.9 s"), (187, "3 min 07 s")]
    )
    def test_durations(self, seconds, text):
        assert console.duration(seconds) == text
