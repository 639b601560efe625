"""Running other programs: their output kept, their failure explained."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

from .errors import SetupError

TAIL_LINES = 30
STOP_SECONDS = 10
_running = set()  # process groups of ours, for `stop_all`


def find(program, remedy, path=None):
    """Return the path of `program`, or raise with what to do about it."""
    found = shutil.which(program, path=path)
    if not found:
        raise SetupError(f"The program `{program}` is missing. {remedy}")
    return found


def tail(text, lines=TAIL_LINES):
    """Return the last lines of a program's output: the error stands there."""
    return "\n".join(text.rstrip().splitlines()[-lines:])


def run(command, failure, **kwargs):
    """Run `command`, return its output; raise `SetupError(failure)` if it fails.

    Output and errors are captured together, because the interesting line of an
    installer may be in either.
    """
    try:
        result = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            **kwargs,
        )
    except FileNotFoundError as error:
        raise SetupError(f"{failure} (cannot run {command[0]}: not found)") from error
    if result.returncode:
        raise SetupError(failure, tail(result.stdout))
    return result.stdout


def stream(command, on_line, log=None, **kwargs):
    """Run `command`, hand each line of its output to `on_line`, return its code.

    The lines are written to the file `log` as well. When we are interrupted the
    program and its children (Chromium, workers) are stopped, not left behind.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        **kwargs,
    )
    _running.add(process)
    with contextlib.ExitStack() as stack:
        stack.callback(stop_group, process)
        sink = None
        if log:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            sink = stack.enter_context(open(log, "w", encoding="utf-8"))
        for line in process.stdout:
            if sink:
                sink.write(line)
                sink.flush()
            on_line(line.rstrip("\n"))
        return process.wait()


def stop_group(process):
    """Stop a program of ours and whatever it started, politely first."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(process, signal.SIGKILL)
            process.wait()
    _running.discard(process)
    if process.stdout:
        process.stdout.close()


def stop_all():
    """Stop what threads of ours still run; called when the command is interrupted."""
    for process in list(_running):
        _signal_group(process, signal.SIGTERM)
    for process in list(_running):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            continue
        _signal_group(process, signal.SIGKILL)


def _signal_group(process, number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def foreground(command, **kwargs):
    """Run an interactive program on our terminal and return its exit code.

    Ctrl-C belongs to the program (a shell, a server): we wait for it to finish.
    """
    process = subprocess.Popen([str(part) for part in command], **kwargs)
    if threading.current_thread() is not threading.main_thread():
        return process.wait()
    terminate = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
    finally:
        signal.signal(signal.SIGTERM, terminate)
