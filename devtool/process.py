"""Running other programs: their output kept, their failure explained."""

import contextlib
import os
import signal
import subprocess
import sys

SHOWN_LINES = 30
STOP_SECONDS = 10


class SetupError(Exception):
    """Something is missing or refused; the message says what, and what to do.

    It is printed without a traceback; below it `detail`, the end of a program's output.
    """

    def __init__(self, message, detail=""):
        super().__init__("\n\n".join(filter(None, [message, detail.strip()])))


def run(command, failure, **kwargs):
    """Run `command`, return its output; raise `SetupError(failure)` if it fails.

    Its errors come with it: an installer's interesting line may be in either.
    """
    kwargs.setdefault("input", "")
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **kwargs,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{failure} (`{command[0]}` is missing.)") from error
    if result.returncode:
        lines = result.stdout.splitlines()
        raise SetupError(failure, "\n".join(lines[-SHOWN_LINES:]))
    return result.stdout


@contextlib.contextmanager
def started(command, **kwargs):
    """Run a program beside us while the block lasts, then stop all that it started."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **kwargs,
    )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
                os.killpg(process.pid, number)
                process.wait(STOP_SECONDS)


def stream(command, on_line, log, **kwargs):
    """Run `command`, hand what it prints to `on_line` and `log`, return its code."""
    log.parent.mkdir(parents=True, exist_ok=True)
    pipe = {"stdout": subprocess.PIPE, "text": True, "errors": "replace"}
    with open(log, "w", buffering=1) as sink, started(command, **pipe, **kwargs) as it:
        for line in it.stdout:
            sink.write(line)
            on_line(line.rstrip("\n"))
        return it.wait()


def become(command, env):
    """Turn into another program (a shell, a server), which has terminal and signals."""
    sys.stdout.flush()
    os.execvpe(command[0], [str(part) for part in command], env)
