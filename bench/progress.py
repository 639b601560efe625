"""Progress of long steps; each line ends with the time since the program started."""

import contextlib
import time

_started = time.monotonic()
NOTE_EVERY = 5  # seconds


class Step:
    """A running step; setting `note` prints it, at most every few seconds."""

    def __init__(self, name):
        self.name = name
        self._printed = time.monotonic()

    def _note(self, text):
        if time.monotonic() - self._printed >= NOTE_EVERY:
            self._printed = time.monotonic()
            say(f"    {self.name}: {text}")

    note = property(None, _note)


def say(text):
    """Print a line with the time since the start, at once."""
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", flush=True)


@contextlib.contextmanager
def step(name):
    """Announce a step and say how long it took."""
    started = time.monotonic()
    say(f"==> {name}")
    yield Step(name)
    say(f"    {name}: done in {time.monotonic() - started:.1f} s")
