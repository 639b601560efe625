"""The pure parts of the tool behind ./dev. No network, no database, no Odoo."""

import os
import subprocess
import sys
import threading

import pytest

from devtool import (
    cache,
    lint,
    odoo_source,
    paths,
    postgres,
    process,
    screenshots,
    venv,
)
from devtool.process import SetupError

ARCHIVE = "http://mirror.test/debian"


@pytest.fixture
def fake_debian(tmp_path, monkeypatch):
    """apt-get and dpkg that write down how they are called; the first fails on demand.

    Return (run, calls): `run(targets)` runs the script on a machine whose apt knows
    `targets`, `calls` is the file that tells what was asked of apt.
    """
    calls, targets = tmp_path / "calls", tmp_path / "targets"
    programs = {
        "apt-get": f"""
            case "$*" in
            *indextargets*) cat {targets}; exit;;
            *odoo-19=gone*) exit 100;;
            *download*) touch odoo-19_19.0.9-1_all.deb;;
            esac
            echo "$*" >> {calls}; cat ../sources.list >> {calls}
            """,
        "dpkg": """
            mkdir -p $3/usr/lib/python3/dist-packages/odoo $3/usr/share
            echo font > $3/usr/share/x.ttf
            ln -sf /usr/share/x.ttf $3/usr/lib/python3/x.ttf
            """,
    }
    for name, script in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(text, version="19.0.0-1"):
        targets.write_text(text)
        folder = tmp_path / "odoo"
        command = ["sh", odoo_source.FETCH, tmp_path / "apt", folder, version]
        return folder, process.run(command, "It failed.")

    return run, calls


class TestFetchOdoo:
    def test_the_main_archive_is_asked(self, fake_debian):
        run, calls = fake_debian
        run(
            "stable http://vendor.test/apt\n"
            "bookworm-security http://mirror.test/debian-security\n"
            f"bookworm-updates http://other.test/debian/\nbookworm {ARCHIVE}/\n"
        )
        assert f"{ARCHIVE}/ sid main" in calls.read_text()
        assert "download odoo-19=19.0.0-1 libjs-jquery" in calls.read_text()

    def test_no_mirror_says_so(self, fake_debian):
        run, _ = fake_debian
        with pytest.raises(SetupError) as caught:
            run("bookworm-security http://mirror.test/debian-security\n")
        assert "No mirror of Debian" in str(caught.value)

    def test_the_newest_when_the_pinned_one_is_gone(self, fake_debian):
        run, _ = fake_debian
        _, output = run(f"sid {ARCHIVE}\n", version="gone")
        assert "NOTE odoo-19 gone is gone from the mirror: odoo-19_19.0.9" in output

    def test_links_of_the_package_lead_into_it(self, fake_debian):
        run, _ = fake_debian
        folder, _ = run(f"sid {ARCHIVE}\n")
        link = folder / "usr/lib/python3/x.ttf"
        assert link.read_text() == "font\n"
        assert not os.readlink(link).startswith("/")

    def test_what_debian_leaves_out_is_a_stub(self, fake_debian):
        run, _ = fake_debian
        folder, _ = run(f"sid {ARCHIVE}\n")
        [stub] = folder.rglob("selfie_segmentation.js")
        assert "empty stub" in stub.read_text()


class TestOdooSource:
    def test_odoo_home_without_odoo(self, tmp_path):
        with pytest.raises(SetupError, match="release.py"):
            odoo_source.from_folder(tmp_path)

    def test_odoo_home_of_another_series(self, tmp_path):
        self._release(tmp_path, "(18, 0, 0, FINAL, 0, '')")
        with pytest.raises(SetupError, match="18.0"):
            odoo_source.from_folder(tmp_path)

    def test_odoo_home(self, tmp_path):
        self._release(tmp_path, "(19, 0, 0, FINAL, 0, '')")
        (tmp_path / "addons").mkdir()
        found = odoo_source.from_folder(tmp_path)
        assert (found.version, found.addons_paths) == ("19.0", (tmp_path / "addons",))

    @staticmethod
    def _release(folder, version):
        (folder / "odoo").mkdir()
        (folder / "odoo" / "release.py").write_text(f"version_info = {version}\n")


class TestCache:
    def test_built_once(self, tmp_path):
        built = []
        for _ in range(2):
            cache.build(tmp_path / "a", "1", built.append)
        assert len(built) == 1

    def test_another_token_builds_again(self, tmp_path):
        built = []
        cache.build(tmp_path / "a", "1", built.append)
        cache.build(tmp_path / "a", "2", built.append)
        assert len(built) == 2

    def test_a_killed_build_is_started_afresh(self, tmp_path):
        def killed(folder):
            (folder / "half").touch()
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            cache.build(tmp_path / "a", "1", killed)
        cache.build(tmp_path / "a", "1", lambda folder: (folder / "whole").touch())
        assert sorted(p.name for p in (tmp_path / "a").iterdir()) == [
            cache.MARKER,
            "whole",
        ]

    def test_two_at_once_build_once(self, tmp_path):
        built, both = [], threading.Barrier(2, timeout=10)

        def start():
            both.wait()
            cache.build(tmp_path / "a", "1", built.append)

        threads = [threading.Thread(target=start) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert len(built) == 1

    def test_unwritable_place_says_what_to_do(self, tmp_path):
        (tmp_path / "file").touch()
        with (
            pytest.raises(SetupError, match="XDG_CACHE_HOME"),
            cache.locked(tmp_path / "file" / "x.lock"),
        ):
            pass

    def test_cache_folder_follows_the_user(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert paths.cache_dir() == tmp_path / "crm_relationship"
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert paths.cache_dir() == tmp_path / ".cache" / "crm_relationship"


class TestHash:
    def test_tells_contents_and_names_apart(self, tmp_path):
        seen = set()
        for name, text in (("a", "1"), ("a", "2"), ("b", "2")):
            folder = tmp_path / name / text
            folder.mkdir(parents=True)
            (folder / f"{name}.py").write_text(text)
            seen.add(paths.hash_tree(folder))
        assert len(seen) == 3

    def test_bytecode_changes_nothing(self, tmp_path):
        (tmp_path / "a.py").write_text("1")
        before = paths.hash_tree(tmp_path)
        (tmp_path / "__pycache__").mkdir()
        (tmp_path / "__pycache__" / "a.pyc").write_text("x")
        assert paths.hash_tree(tmp_path) == before


class TestMissingThings:
    """Each says in a sentence what is missing and what to do."""

    @pytest.fixture(autouse=True)
    def empty_path(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def test_no_apt(self, monkeypatch):
        with pytest.raises(SetupError, match="Debian with apt.*ODOO_HOME"):
            odoo_source.from_debian()

    def test_no_chromium_and_no_way_to_install_it(self):
        with pytest.raises(SetupError, match="apt install chromium"):
            screenshots.chromium()

    def test_a_program_that_is_not_there(self):
        with pytest.raises(SetupError, match="It failed. .`no-such` is missing"):
            process.run(["no-such"], "It failed.")

    def test_failed_program_shows_its_last_words(self):
        command = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]
        with pytest.raises(SetupError) as caught:
            process.run(command, "It failed.")
        assert str(caught.value) == "It failed.\n\nwhy"

    def test_neither_ensurepip_nor_pip(self, monkeypatch, tmp_path):
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\nexit 1\n")
        python.chmod(0o755)
        monkeypatch.setattr(venv, "PYTHON", python)
        with pytest.raises(SetupError, match="python3-venv"):
            venv.environment("odoo")

    def test_old_python(self):
        code = (
            "import sys, runpy; sys.version_info = (3, 9, 2); "
            f"runpy.run_path({str(paths.REPO / 'dev')!r}, run_name='__main__')"
        )
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True
        )
        assert answer.returncode == 1
        assert "Python 3.11 or newer is needed, this is Python 3.9" in answer.stderr


class TestPackageIndex:
    """uv reads no configuration of pip's, where people name their mirror."""

    @pytest.fixture(autouse=True)
    def configuration(self, monkeypatch, tmp_path):
        config = tmp_path / "pip.conf"
        config.write_text("[global]\nindex-url = https://mirror.test/simple\n")
        monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
        monkeypatch.delenv("PIP_INDEX_URL", raising=False)
        base = "/usr/bin/python3"  # a Python with pip; ours here has none
        monkeypatch.setattr(venv, "PYTHON", base)
        if subprocess.run([base, "-m", "pip", "-V"], capture_output=True).returncode:
            pytest.skip("This machine's Python has no pip.")

    def test_the_file(self):
        assert venv.pip_settings()["UV_DEFAULT_INDEX"] == "https://mirror.test/simple"

    def test_the_environment_counts_more(self, monkeypatch):
        monkeypatch.setenv("PIP_INDEX_URL", "https://nearer.test/simple")
        assert venv.pip_settings()["UV_DEFAULT_INDEX"] == "https://nearer.test/simple"


class TestPostgres:
    @pytest.fixture
    def server(self, monkeypatch, tmp_path):
        monkeypatch.setattr(postgres, "RUNTIME", tmp_path)
        monkeypatch.setattr(postgres, "_open_to_server", lambda folder: True)
        server = postgres.PrivateServer()
        server.data.mkdir(parents=True)
        return server

    def test_no_external_server(self, monkeypatch):
        monkeypatch.delenv("PGHOST", raising=False)
        assert postgres.external() is None

    @pytest.mark.parametrize(
        "user, role", [("someone", "someone"), ("postgres", "odoo")]
    )
    def test_external_server_by_environment(self, monkeypatch, user, role):
        values = {"PGHOST": "db.test", "PGPORT": "5433", "PGPASSWORD": "it's"}
        for name, value in {**values, "PGUSER": user}.items():
            monkeypatch.setenv(name, value)
        asked = []
        monkeypatch.setattr(postgres, "run", lambda line, *_, **__: asked.append(line))
        monkeypatch.setattr(postgres, "programs", lambda: paths.REPO)
        found = postgres.external()
        assert found.env() == {**values, "PGUSER": role}
        assert not found.private
        assert ("PASSWORD 'it''s'" in asked[0][-1]) == (user == "postgres")

    def test_a_closed_folder_is_not_opened(self, monkeypatch, tmp_path):
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        inner = tmp_path / "closed" / "inner"
        inner.mkdir(parents=True)
        inner.parent.chmod(0o700)
        assert not postgres._open_to_server(inner)

    @pytest.mark.parametrize("text", ["", "not a number", "1\n", "999999999\n"])
    def test_stale_pid_file(self, text, server, monkeypatch):
        """Left over from a crash or before a reboot: 1 is another program's by now."""
        server.pid_file.write_text(text)
        assert server._running() == []
        seen = []
        monkeypatch.setattr(postgres, "_packages", lambda: server.data)
        monkeypatch.setattr(
            postgres, "run", lambda *_, **__: seen.append(server.pid_file.exists())
        )
        server._start()
        assert seen == [False]

    def test_the_running_server(self, server):
        code = "import sys; print('up', flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", code, "-D", str(server.data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()  # its command line can be read from now on
            lines = [process.pid, server.data, 0, 5432, "/sockets", "", 0, "ready   "]
            server.pid_file.write_text("\n".join(map(str, lines)))
            connection = server.ensure()
            assert (connection.host, connection.port) == ("/sockets", 5432)
            process.stdin.close()


class TestLint:
    def test_counts(self):
        output = (
            "ruff check.........................Passed\n"
            "pylint.............................Failed\n- exit code: 1\n\n"
            "Well... that is not a result\n"
            "oca-checks-po..(no files to check)Skipped\n"
        )
        assert lint.counts(output, 1)[:2] == (1, 1)

    def test_a_run_that_came_to_nothing_fails(self):
        assert lint.counts("InvalidConfigError", 1)[:2] == (0, 1)
