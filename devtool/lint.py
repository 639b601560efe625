"""The linters: `./dev lint`, and a half of the part `lint` of `./dev test`.

pre-commit runs them, as `.pre-commit-config.yaml` says: hooks of our own alone, whose
programs come from requirements/lint.txt (prettier from Node's registry), so that no git
host is needed. All run, so that one run shows everything there is to repair.
"""

import os
import subprocess

from . import venv
from .console import say, step
from .paths import REPO, cache_dir


def environment(**own):
    """Let git read a clone that another user made, CI's say."""
    trust = {"GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    return {**os.environ, "GIT_CONFIG_COUNT": "1", **trust, **own}


def tracked(folder="."):
    """Return the repository's files below `folder`, ignored ones left out.

    Files not yet added to git count too: they are what is being worked on.
    """
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", folder]
    listing = subprocess.check_output(command, cwd=REPO, env=environment(), text=True)
    names = sorted(filter(None, listing.split("\0")))
    return [name for name in names if (REPO / name).is_file()]


def check(running, stage="pre-commit"):
    """Run the linters; return (content ones, others, what they said)."""
    programs = venv.environment("lint") / "bin"
    running.note = "pre-commit"
    command = [programs / "pre-commit", "run", "--color=never", "--hook-stage", stage]
    result = subprocess.run(
        [*command, "--files", *tracked()],
        cwd=REPO,
        env=environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            PYTHONPATH="",
            NO_COLOR="1",
            NODE_USE_SYSTEM_CA="1",
            PRE_COMMIT_HOME=str(cache_dir() / "pre-commit"),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return counts(result.stdout, result.returncode)


def counts(output, code):
    """Return (passed, failed, output) of a run of pre-commit."""
    ends = [line.rpartition(".")[2] for line in output.splitlines() if "..." in line]
    return ends.count("Passed"), ends.count("Failed") or int(code != 0), output.strip()


def run(args):
    """`./dev lint`: the linters without Odoo, which take seconds."""
    with step("linters") as running:
        if args.fix:
            check(running, stage="manual")
        passed, failed, output = check(running)
    say(f"{output}\n{passed} passed, {failed} failed")
    return 1 if failed else 0
