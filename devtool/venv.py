"""Python environments in the cache, named by a hash of their requirements.

Two of them: Odoo's, and the linters', whose dependencies must not disturb Odoo's.
A changed requirements file makes a new environment; clones that agree share one.
"""

import subprocess
import sys
from pathlib import Path

from . import cache
from .console import step
from .errors import SetupError
from .paths import REQUIREMENTS, cache_dir, hash_text
from .process import run

VIRTUALENV = "virtualenv==20.35.4"


def environment(name):
    """Return the folder of the environment for `requirements/<name>.txt`."""
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    # The real Python: a script inside one environment may ask for the other.
    token = hash_text(text, sys.version, str(Path(sys.executable).resolve()))
    folder = cache_dir() / "venv" / f"{name}-{token}"
    return cache.build(folder, token, lambda path: _create(path, name), _alive)


def python(name):
    """Return the path of the Python of that environment."""
    return environment(name) / "bin" / "python"


def _alive(folder):
    """Tell whether the environment's Python still starts (it may be gone)."""
    return (folder / "bin" / "python").exists()


def _create(folder, name):
    requirements = REQUIREMENTS / f"{name}.txt"
    with step(f"Python environment '{name}'") as running:
        _make_empty(folder)
        running.note = f"installing requirements/{name}.txt"
        pip_install(folder / "bin" / "python", "-r", requirements)


def pip_install(interpreter, *args):
    """Install packages with pip, or raise with what pip said."""
    run(
        [
            *(interpreter, "-m", "pip", "install", "--no-input"),
            *("--disable-pip-version-check", "--quiet", *args),
        ],
        "pip could not install the Python packages. Is there a network, and does the "
        "package index answer? Running the command again goes on where it stopped.",
    )


def _make_empty(folder):
    """Create an environment with pip; Debian may lack the package python3-venv.

    Then `ensurepip` is missing, and virtualenv, which brings its own pip, is put
    into a private folder (the system's Python is left as it is).
    """
    if _has("ensurepip"):
        failure = f"Python could not create a virtual environment in {folder}."
        run([sys.executable, "-m", "venv", folder], failure)
        return
    if not _has("pip"):
        raise SetupError(
            "Python has neither ensurepip nor pip. Install one of them (Debian: apt "
            "install python3-venv, or apt install python3-pip)."
        )
    target = cache_dir() / "virtualenv"
    cache.build(
        target,
        VIRTUALENV,
        lambda path: pip_install(sys.executable, "--target", path, VIRTUALENV),
    )
    run(
        [sys.executable, target / "bin" / "virtualenv", folder],
        f"virtualenv could not create an environment in {folder}.",
        env={
            "PYTHONPATH": str(target),
            "PATH": "/usr/bin:/bin",
            "HOME": str(Path.home()),
        },
    )


def _has(module):
    """Tell whether this Python can import `module` (asked in a fresh process)."""
    code = f"import {module}"
    return not subprocess.run(
        [sys.executable, "-c", code], stderr=subprocess.DEVNULL, check=False
    ).returncode
