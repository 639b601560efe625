"""Progress on the terminal: every long step says its name and its time.

A silent minute looks like a hang, so a step prints a line when it starts, a
heartbeat while it lasts and a line when it ends.
"""

import contextlib
import threading
import time

HEARTBEAT_SECONDS = 20
_open = []


def say(text="", stream=None):
    """Print whole lines at once, flushed: heartbeats come from another thread."""
    print(f"{text}\n", end="", file=stream, flush=True)


class Step:
    """A running step: the next heartbeat tells the `note`, its end the `result`."""

    def __init__(self):
        self.note, self.result, self.started = "", "done", time.monotonic()

    def time(self):
        """Return the time since the start as people read it: '4.2 s', '3 min 07 s'."""
        minutes, seconds = divmod(time.monotonic() - self.started, 60)
        return (
            f"{minutes:.0f} min {int(seconds):02d} s" if minutes else f"{seconds:.1f} s"
        )


@contextlib.contextmanager
def step(name):
    """Announce a long step, keep saying that it lives, and tell how it ended."""
    running, over = Step(), threading.Event()
    _open.append(over)

    def beat():
        while not over.wait(HEARTBEAT_SECONDS):
            if _open[-1] is over:  # a step within a step speaks for both
                note = running.note and f", {running.note}"
                say(f"    {name}: {running.time()}{note}")

    say(f"==> {name} ...")
    threading.Thread(target=beat, daemon=True).start()
    try:
        yield running
    except BaseException:
        running.result = "failed"
        raise
    finally:
        over.set()
        _open.remove(over)
        say(f"==> {name}: {running.result} ({running.time()})")
