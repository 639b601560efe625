"""The pure parts of the tool behind ./dev. No network, no database, no Odoo."""

import os
import subprocess
import sys
import threading

import pytest

from devtool import apt, cache, chromium, odoo_source, paths, postgres, process, venv
from devtool.errors import SetupError

ARCHIVE = "http://mirror.test/debian"


class TestAptSources:
    def test_classic_list(self):
        text = (
            "# deb http://commented.test/debian sid main\n"
            f"deb {ARCHIVE} bookworm main contrib # trailing\n"
            f"deb [arch=amd64 signed-by=/x.gpg] {ARCHIVE}/ bookworm-updates main\n"
            f"deb-src {ARCHIVE} bookworm main\n"
        )
        assert apt.parse_list(text) == [
            (ARCHIVE, "bookworm"),
            (ARCHIVE + "/", "bookworm-updates"),
        ]

    def test_deb822(self):
        text = (
            "Types: deb deb-src\n"
            "# URIs: http://commented.test\n"
            f"URIs: {ARCHIVE}\n"
            "Suites: bookworm\n"
            " bookworm-updates\n"
            "Components: main\n"
            "\n"
            "Types: deb-src\n"
            "URIs: http://source.test/debian\n"
            "Suites: bookworm\n"
            "\n"
            "Enabled: no\n"
            "Types: deb\n"
            "URIs: http://disabled.test/debian\n"
            "Suites: bookworm\n"
        )
        assert apt.parse_deb822(text) == [
            (ARCHIVE, "bookworm"),
            (ARCHIVE, "bookworm-updates"),
        ]

    def test_both_kinds_are_read(self, tmp_path):
        (tmp_path / "sources.list").write_text("deb http://one.test/debian stable main")
        parts = tmp_path / "sources.list.d"
        parts.mkdir()
        (parts / "a.list").write_text("deb http://two.test/apt stable main")
        (parts / "b.sources").write_text(
            "Types: deb\nURIs: http://three.test/debian\nSuites: sid\n"
        )
        (parts / "c.list.disabled").write_text("deb http://four.test/debian sid main")
        assert [uri for uri, _ in apt.configured_sources(tmp_path)] == [
            "http://one.test/debian",
            "http://two.test/apt",
            "http://three.test/debian",
        ]

    def test_the_main_archive_is_chosen(self):
        sources = [
            ("http://vendor.test/apt", "stable"),
            ("http://mirror.test/debian-security", "bookworm-security"),
            (ARCHIVE + "/", "bookworm-updates"),
            (ARCHIVE + "/", "bookworm"),
        ]
        assert apt.debian_mirror(sources) == ARCHIVE

    def test_no_mirror_says_what_to_do(self):
        with pytest.raises(SetupError, match="ODOO_HOME"):
            apt.debian_mirror([("http://mirror.test/debian-security", "x-security")])


class TestOdooSource:
    def test_pinned_version_is_preferred(self):
        offered = ["19.0.1+dfsg-1", odoo_source.PINNED]
        assert odoo_source.choose_version(offered) == odoo_source.PINNED

    def test_newest_19_else_and_it_is_said(self, capsys):
        offered = ["20.0.0-1", "19.0.2+dfsg-1", "19.0.1+dfsg-1"]
        assert odoo_source.choose_version(offered) == "19.0.2+dfsg-1"
        assert "19.0.2+dfsg-1" in capsys.readouterr().out

    def test_no_19_says_what_to_do(self):
        with pytest.raises(SetupError, match="ODOO_HOME"):
            odoo_source.choose_version(["20.0.0-1"])

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

    def test_links_of_the_package_lead_into_it(self, tmp_path):
        font = tmp_path / "usr/share/fonts/x.ttf"
        font.parent.mkdir(parents=True)
        font.write_text("font")
        link = tmp_path / "usr/lib/odoo/x.ttf"
        link.parent.mkdir(parents=True)
        link.symlink_to("/usr/share/fonts/x.ttf")
        odoo_source._relink(tmp_path)
        assert link.read_text() == "font"
        assert not os.readlink(link).startswith("/")

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

    def test_a_damaged_folder_is_built_again(self, tmp_path):
        built = []
        for _ in range(2):
            cache.build(tmp_path / "a", "1", built.append, check=lambda folder: False)
        assert len(built) == 2

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

    def test_no_apt(self, tmp_path):
        private = apt.PrivateApt(tmp_path / "apt", ARCHIVE)
        with pytest.raises(SetupError, match="apt-cache.*missing.*ODOO_HOME"):
            private.versions("odoo-19")

    def test_no_dpkg(self, tmp_path):
        with pytest.raises(SetupError, match="dpkg.*missing"):
            apt.unpack(tmp_path / "x.deb", tmp_path)

    def test_no_chromium_and_no_way_to_install_it(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(SetupError, match="apt install chromium"):
            chromium.ensure()

    def test_failed_program_shows_its_last_words(self):
        command = [sys.executable, "-c", "print('why'); raise SystemExit(3)"]
        with pytest.raises(SetupError, match="It failed.") as caught:
            process.run(command, "It failed.")
        assert caught.value.detail == "why"

    def test_neither_ensurepip_nor_pip(self, monkeypatch, tmp_path):
        monkeypatch.setattr(venv, "_has", lambda module: False)
        with pytest.raises(SetupError, match="python3-venv"):
            venv._make_empty(tmp_path)

    def test_old_python(self, tmp_path):
        code = (
            "import sys, runpy; sys.version_info = (3, 9, 2); "
            f"runpy.run_path({str(paths.REPO / 'dev')!r}, run_name='__main__')"
        )
        answer = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True
        )
        assert answer.returncode == 1
        assert "Python 3.11 or newer is needed, this is Python 3.9" in answer.stderr


class TestPostgres:
    def test_external_server_by_environment(self, monkeypatch):
        monkeypatch.setenv("PGHOST", "db.test")
        monkeypatch.setenv("PGPORT", "5433")
        monkeypatch.setenv("PGUSER", "odoo")
        monkeypatch.setenv("PGPASSWORD", "secret")
        found = postgres.external()
        assert found.env() == {
            "PGHOST": "db.test",
            "PGPORT": "5433",
            "PGUSER": "odoo",
            "PGPASSWORD": "secret",
        }
        assert not found.private

    def test_no_external_server(self, monkeypatch):
        monkeypatch.delenv("PGHOST", raising=False)
        assert postgres.external() is None

    def test_traversable(self, tmp_path, monkeypatch):
        inner = tmp_path / "closed" / "inner"
        inner.mkdir(parents=True)
        inner.parent.chmod(0o700)
        assert not postgres.traversable(inner)

    @pytest.mark.parametrize("text", ["", "not a number", "1\n", "999999999\n"])
    def test_stale_pid_file(self, text, monkeypatch, tmp_path):
        """Left over from a crash or before a reboot: 1 is another program's by now."""
        monkeypatch.setattr(postgres.PrivateServer, "data_dir", lambda self: tmp_path)
        server = postgres.PrivateServer(sys.executable)
        (tmp_path / "postmaster.pid").write_text(text)
        assert server._pid() is None
        server._remove_stale_pid()
        assert not (tmp_path / "postmaster.pid").exists()

    def test_pid_of_the_running_server(self, monkeypatch, tmp_path):
        monkeypatch.setattr(postgres.PrivateServer, "data_dir", lambda self: tmp_path)
        code = "import sys; print('up', flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", code, "-D", str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            process.stdout.readline()  # its command line can be read from now on
            (tmp_path / "postmaster.pid").write_text(f"{process.pid}\n{tmp_path}\n")
            assert postgres.PrivateServer(sys.executable)._pid() == process.pid
            process.stdin.close()

    def test_socket_path_fits_the_kernel(self, monkeypatch, tmp_path):
        deep = tmp_path.joinpath(*["long-folder-name"] * 8)
        monkeypatch.setattr(postgres.PrivateServer, "_place", lambda self: deep)
        assert str(postgres.PrivateServer("python").socket_dir()).startswith(
            "/tmp/crm_"
        )
