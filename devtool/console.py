"""Progress on the terminal: every long step says its name and its time.

A silent minute looks like a hang, so a step prints a line when it starts, a
heartbeat while it lasts and a line when it ends. Lines are written whole, so
that steps in two threads do not mix.
"""

import contextlib
import sys
import threading
import time

HEARTBEAT_SECONDS = 20
_lock = threading.Lock()
_start = time.monotonic()


def say(text="", stream=None):
    """Print whole lines at once, flushed, safe to call from several threads."""
    out = stream or sys.stdout
    with _lock:
        out.write(text + "\n")
        out.flush()


def duration(seconds):
    """Return seconds as people read them: '4.2 s', '3 min 07 s'."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def elapsed():
    """Return the time since the command started, for the reader."""
    return duration(time.monotonic() - _start)


class Step:
    """A running step; `note` is what the next heartbeat tells about it."""

    def __init__(self, name):
        self.name = name
        self.note = ""
        self.started = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def seconds(self):
        return time.monotonic() - self.started

    def start(self):
        say(f"==> {self.name} ...")
        self._thread.start()

    def stop(self, how):
        self._done.set()
        say(f"==> {self.name}: {how} ({duration(self.seconds())})")

    def _beat(self):
        while not self._done.wait(HEARTBEAT_SECONDS):
            note = f", {self.note}" if self.note else ""
            say(f"    {self.name}: {duration(self.seconds())}{note}")


@contextlib.contextmanager
def step(name):
    """Announce a long step, keep saying that it lives, and tell how it ended."""
    running = Step(name)
    running.start()
    try:
        yield running
    except BaseException:
        running.stop("failed")
        raise
    running.stop("done")
