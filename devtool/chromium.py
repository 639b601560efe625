"""Chromium, for tours and screenshots: Debian's package, installed if we may."""

import os
import shutil
import subprocess

from . import cache
from .console import step
from .errors import SetupError
from .paths import cache_dir
from .process import run

NAMES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")


def executable():
    """Return the path of a Chromium that Odoo would find as well, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Return the path of Chromium, installing Debian's package when there is none."""
    found = executable()
    if found:
        return found
    with cache.locked(cache_dir() / "chromium.lock"):
        if not executable():
            _install()
    found = executable()
    if not found:
        raise SetupError(
            "Chromium was installed, but no program `chromium` is on PATH. Put its "
            "folder (/usr/bin) on PATH."
        )
    return found


def _install():
    prefix = privileges()
    if prefix is None or not shutil.which("apt-get"):
        raise SetupError(
            "Chromium is missing, which the browser tours and screenshots need. "
            "Install it (Debian: sudo apt install chromium) and run this again."
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    failure = (
        "Chromium could not be installed with apt-get. Is there a network, and may "
        "this user install packages? Else install it by hand: apt install chromium"
    )
    with step("Chromium from Debian's package") as running:
        running.note = "reading the package list"
        run([*prefix, "apt-get", "update", "-q"], failure, env=env)
        running.note = "installing"
        install = ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"]
        run([*prefix, *install], failure, env=env)


def privileges():
    """Return what to put before a command that needs root; None if we cannot."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and not subprocess.run([sudo, "-n", "true"], capture_output=True).returncode
    ):
        return [sudo, "-n"]
    return None
