"""How ./dev test chooses, counts and reports: text in, numbers out."""

import os
import subprocess
import sys

import pytest

from devtool import console, parts, paths, runtime, selection, testrun
from devtool.cli import build_parser, main
from devtool.parts import Outcome
from devtool.process import SetupError


class TestPytestCounts:
    @pytest.mark.parametrize(
        "line, expected",
        [
            ("12 passed in 0.10s", (12, 0, 0)),
            ("1 failed, 2 passed, 3 skipped in 1.00s", (2, 1, 3)),
            ("1 failed, 1 passed, 2 errors in 1.00s", (1, 3, 0)),
            ("1 error in 0.05s", (0, 1, 0)),
            ("4 passed, 1 xfailed in 2s", (4, 0, 0)),
            ("no tests ran in 0.01s", (0, 1, 0)),
        ],
    )
    def test_closing_line(self, line, expected):
        outcome = parts.pytest_outcome(0, ["test_a.py ...", line])
        assert (outcome.passed, outcome.failed, outcome.skipped) == expected

    def test_subtests_are_no_tests(self):
        line = "2 failed, 4 passed, 1 warning, 788 subtests passed in 8.36s"
        outcome = parts.pytest_outcome(1, [line])
        assert (outcome.passed, outcome.failed) == (4, 2)

    def test_exit_code_fails(self):
        outcome = parts.pytest_outcome(3, ["all is well", "2 passed in 0.1s"])
        assert outcome.failed == 1
        assert "all is well" in outcome.report

    def test_what_failed_is_shown(self):
        lines = ["a PASSED", "=== FAILURES ===", "why", "== 1 failed in 0.1s =="]
        assert parts.pytest_outcome(1, lines).report.startswith("=== FAILURES")

    def test_taps_of_tours_are_told_of_what_passes(self, capsys):
        lines = ["a PASSED", "Taps: no answer: 2 (at most 2) [TestA]", "1 passed in 1s"]
        outcome = parts.pytest_outcome(0, lines)
        testrun.run_part(None, "tour", lambda *_: outcome)
        assert outcome.passed == 1
        assert f"\n{lines[1]}\n" in capsys.readouterr().out


@pytest.fixture
def repo(tmp_path):
    """A repository with an addon, one that ties it to an app, and a plain test file."""
    for name, manifest, module, test in (
        ("crm_relationship", "{'depends': ['sale_crm']}", "schedule", "once"),
        (
            "crm_relationship_event",
            "{'depends': ['crm_relationship', 'event']}",
            "invitation",
            "accepted",
        ),
    ):
        addon = tmp_path / name
        (addon / "tests").mkdir(parents=True)
        (addon / "__manifest__.py").write_text(manifest)
        (addon / "tests" / f"test_{module}.py").write_text(
            f"class Test{module.title()}:\n    def test_{test}(self):\n        pass\n"
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
        assert selection.select(["engine", "glue"], repo).parts == ["engine", "glue"]

    @pytest.mark.parametrize(
        "word",
        [
            "/sale:TestSaleFlow",
            "/crm_relationship:Test.test_x",
            "/crm_relationship/tests/test_schedule.py",
            "crm_relationship_tour/crm_relationship",
            "-standard",
        ],
    )
    def test_tags_of_odoo(self, repo, word):
        assert selection.select([word], repo).tagged == [word]

    @pytest.mark.parametrize(
        "word, node",
        [
            ("test_schedule", ""),
            ("test_schedule.py", ""),
            ("crm_relationship/tests/test_schedule.py", ""),
            ("TestSchedule", "::TestSchedule"),
            ("TestSchedule.test_once", "::TestSchedule::test_once"),
            ("test_schedule.py::TestSchedule", "::TestSchedule"),
            ("test_once", "::TestSchedule::test_once"),
        ],
    )
    def test_names_of_odoo_tests(self, repo, word, node):
        chosen = selection.select([word], repo)
        path = f"{repo}/crm_relationship/tests/test_schedule.py"
        assert (chosen.named, chosen.plain) == ([path + node], [])

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
        assert (chosen.plain, chosen.named) == ([f"{repo}/tests/{node}"], [])

    @pytest.mark.parametrize(
        "word, node",
        [
            ("test_invitation", ""),
            ("TestInvitation", "::TestInvitation"),
            ("test_accepted", "::TestInvitation::test_accepted"),
            ("crm_relationship_event/tests/test_invitation.py", ""),
        ],
    )
    def test_names_of_tests_that_need_another_app(self, repo, word, node):
        chosen = selection.select([word], repo)
        path = f"{repo}/crm_relationship_event/tests/test_invitation.py"
        assert (chosen.named, chosen.plain, chosen.glued) == ([], [], [path + node])

    def test_names_of_tests_about_an_app_beside(self, repo):
        """Nothing ties Time Off to the addon; the part with other apps has it, too."""
        path = repo / "crm_relationship" / "tests" / "test_time_off.py"
        path.write_text("class TestTimeOff:\n    def test_leave(self):\n        pass\n")
        for word, node in (("test_time_off", ""), ("TestTimeOff", "::TestTimeOff")):
            chosen = selection.select([word], repo)
            assert (chosen.named, chosen.glued) == ([], [f"{path}{node}"])

    def test_unknown_name_says_what_there_is(self, repo):
        with pytest.raises(SetupError, match="engine"):
            selection.select(["tset_gate"], repo)


class TestAddons:
    def test_the_addon_itself_comes_first(self, repo):
        (repo / "a_first").mkdir()
        (repo / "a_first" / "__manifest__.py").write_text("{'depends': ['base']}")
        names = ["crm_relationship", "a_first", "crm_relationship_event"]
        assert paths.addons_on_disk(repo) == names
        assert paths.glue_on_disk(repo) == names[1:]

    def test_apps_are_those_of_the_others(self, repo):
        assert paths.glued_apps(repo) == ["event"]

    def test_each_of_ours_installs_itself(self):
        """With the app it is for, and never without it: the part `odoo` has none."""
        for name in paths.glue_on_disk():
            manifest = paths.read_manifest(name)
            assert manifest["auto_install"] is True, name
            assert manifest["depends"][0] == paths.ADDON, name
            assert len(manifest["depends"]) == 2, name
            assert not {*manifest["depends"][1:]} & {*runtime.DEPENDENCIES}, name


class TestTotals:
    def test_sum(self, capsys):
        outcomes = [Outcome(2, 0, name="a"), Outcome(3, 1, 4, name="b")]
        assert testrun.report(outcomes, console.Step()) == 1
        assert capsys.readouterr().out.splitlines()[-1] == "5 passed, 1 failed"

    def test_nothing_ran_is_a_failure(self):
        assert testrun.report([], console.Step()) == 1
        assert testrun.report([Outcome(name="a")], console.Step()) == 1

    def test_all_passed(self, capsys):
        assert testrun.report([Outcome(2, 0)], console.Step()) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"

    @pytest.mark.parametrize("error", [SetupError("No apt."), KeyError("No apt.")])
    def test_a_part_that_cannot_run_has_failed(self, error, capsys):
        def part(runtime, running):
            raise error

        outcome = testrun.run_part(None, "a", part)
        assert (outcome.passed, outcome.failed, outcome.name) == (0, 1, "a")
        assert "No apt." in capsys.readouterr().out


class TestCore:
    def test_only_new_failures_count(self):
        outcome = parts.compare({"a"}, {"a", "b"}, Outcome(7, 2, report="why"))
        assert (outcome.passed, outcome.failed) == (7, 1)
        assert "fails only with the addon: b" in outcome.report
        assert "why" in outcome.report

    def test_known_failures_do_not(self):
        outcome = parts.compare({"a"}, {"a"}, Outcome(9, 1, report="why"))
        assert (outcome.passed, outcome.failed, outcome.report) == (9, 0, "")

    def test_names_are_the_same_in_every_clone(self, tmp_path):
        kept = tmp_path / "v" / "cache" / "lastfailed"
        kept.parent.mkdir(parents=True)
        kept.write_text(
            '{"../x/odoo/addons/sale/tests/test_a.py::TestA::test_b": true}'
        )
        assert parts.failures(tmp_path) == {"sale/tests/test_a.py::TestA::test_b"}

    def test_nothing_failed(self, tmp_path):
        assert parts.failures(tmp_path) == set()


class TestCommandLine:
    @pytest.mark.parametrize(
        "line",
        ["demo --no-serve", "test", "test odoo tour", "serve x --port 1", "shell",
         "psql demo", "lint --fix", "i18n --check", "screenshots", "clean --all"],
    )  # fmt: skip
    def test_commands(self, line):
        assert build_parser().parse_args(line.split()).handler

    def test_an_error_is_one_sentence(self, capsys, monkeypatch):
        def fail(*_):
            raise SetupError("No apt here. Install it.", "last words")

        monkeypatch.setattr(testrun.selection, "select", fail)
        assert main(["test"]) == 1
        captured = capsys.readouterr()
        assert captured.err == "dev: No apt here. Install it.\n\nlast words\n"
        assert captured.out == ""

    def test_bytecode_is_kept_where_python_must_not_write_it(
        self, monkeypatch, tmp_path
    ):
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", "")  # whatever it is, it comes back
        monkeypatch.delenv("PYTHONPYCACHEPREFIX")
        monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        source = tmp_path / "source"
        source.mkdir()
        (source / "addon.py").write_text("")
        command = [sys.executable, "-c", "import addon"]
        monkeypatch.setattr(
            testrun, "run", lambda _: subprocess.run(command, cwd=source).returncode
        )
        assert main(["test"]) == 0
        [kept] = tmp_path.rglob("addon.*.pyc")
        assert tmp_path / "cache" / "crm_relationship" in kept.parents

    def test_place_of_bytecode_that_somebody_chose(self, monkeypatch):
        monkeypatch.setenv("PYTHONPYCACHEPREFIX", "elsewhere")
        monkeypatch.setattr(testrun, "run", lambda _: 0)
        main(["test"])
        assert os.environ["PYTHONPYCACHEPREFIX"] == "elsewhere"

    @pytest.mark.parametrize(
        "seconds, text", [(4.25, "4.2 s"), (59.9, "59.9 s"), (187, "3 min 07 s")]
    )
    def test_durations(self, seconds, text, monkeypatch):
        step = console.Step()
        monkeypatch.setattr(console.time, "monotonic", lambda: step.started + seconds)
        assert step.time() == text
