"""Python environments in the cache, made by uv, named by a hash of their requirements.

Each holds what must not disturb the others. A changed requirements file makes a new
environment; clones that agree share one.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from . import cache
from .console import step
from .paths import REPO, cache_dir, hash_text
from .process import SetupError, run

# The real one: a script inside one environment may ask for another.
PYTHON = Path(sys.executable).resolve()
UV = "uv==0.13.9"
REQUIREMENTS = REPO / "requirements"
PIP_OPTIONS = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
FAILURE = (
    "The Python packages could not be installed. Is there a network, and does the "
    "package index answer? Running the command again goes on where it stopped."
)


def environment(name, base=None):
    """Return the folder of the environment for `requirements/<name>.txt`."""
    requirements = REQUIREMENTS / f"{name}.txt"
    token = hash_text(requirements.read_text(), sys.version, str(PYTHON), UV)
    target = (base or cache_dir()) / "venv" / f"{name}-{token}"
    if not (target / "bin" / "python").exists():  # never made, or its Python is gone
        (target / cache.MARKER).unlink(missing_ok=True)

    def create(folder):
        with step(f"Python environment '{name}'"):
            _uv("venv", "--allow-existing", "--python", PYTHON, folder)
            _uv("pip", "sync", requirements, "--python", folder / "bin" / "python")

    return cache.build(target, token, create)


def python(name):
    """Return the path of the Python of that environment."""
    return environment(name) / "bin" / "python"


def packages(name, base=None):
    """Return the folder in which the packages of that environment lie."""
    return next(environment(name, base).glob("lib/python3*/site-packages"))


def _uv(*args):
    """Run uv, which needs neither ensurepip nor pip for the environments it makes."""
    program = cache.build(cache_dir() / "uv", UV, _fetch_uv) / "bin" / "uv"
    env = {
        "UV_SYSTEM_CERTS": str(os.path.exists("/etc/ssl/certs/ca-certificates.crt")),
        **pip_settings(),
        **os.environ,
        "UV_CACHE_DIR": str(cache_dir() / "uv-cache"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    run([program, "--quiet", *args], FAILURE, env=env)


def _fetch_uv(folder):
    """Put uv into a folder of ours, which pip allows where Debian manages the packages.

    Without pip, the one inside a virtual environment serves.
    """
    interpreter, target = PYTHON, ["--target", folder]
    if subprocess.run([interpreter, "-m", "pip", "-V"], capture_output=True).returncode:
        run(
            [interpreter, "-m", "venv", folder],
            "Python has neither pip nor ensurepip. Install one of them (Debian: apt "
            "install python3-pip, or apt install python3-venv).",
        )
        interpreter, target = folder / "bin" / "python", []
    pip = [interpreter, "-m", "pip", "install", "--disable-pip-version-check"]
    run([*pip, "--no-input", "--quiet", *target, UV], FAILURE)


def pip_settings():
    """Return the index that pip is told to use: uv does not read pip's files."""
    try:
        listing = run([PYTHON, "-m", "pip", "config", "list"], "No pip.")
    except SetupError:
        return {}
    found = re.findall(r"^(\S+)\.(index-url|cert)='(.*)'$", listing, re.M)
    found.sort(key=lambda line: line[0] == ":env:")  # it counts more than files
    return {PIP_OPTIONS[key]: value for _, key, value in found}
