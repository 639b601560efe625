"""Build a folder once, whoever else wants it at the same time.

Every expensive thing (unpacked Odoo, Python environments) is a folder built by a
function. A lock file keeps two processes from building the same one; a marker file,
written last, tells a finished folder from one that was killed half-way, which is built
again. Environments hold their own path, so they are built in place and not renamed.
"""

import contextlib
import fcntl
import os
import shutil

from .console import say
from .process import SetupError

MARKER = ".complete"


@contextlib.contextmanager
def locked(path):
    """Hold an exclusive lock on the file `path` (created when missing).

    The kernel drops it when the process dies, so none is ever stale.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open(path, "a+")  # noqa: SIM115 - closed below
    except OSError as error:
        raise SetupError(
            f"Cannot write to {path.parent} ({error.strerror}). Make it writable, or "
            "set XDG_CACHE_HOME to a folder that is."
        ) from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"    waiting for another process to finish with {path.name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_complete(folder, token):
    """Tell whether `folder` was built to the end from the inputs `token` names."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text() == token


def build(folder, token, builder):
    """Return `folder`, built by `builder(folder)` unless it is there from `token`."""
    if is_complete(folder, token):
        return folder
    with locked(folder.with_name(folder.name + ".lock")):
        if not is_complete(folder, token):
            discard(folder)
            folder.mkdir(parents=True)
            builder(folder)
            write_atomic(folder / MARKER, token)
    return folder


def discard(folder):
    """Remove a folder of ours, whatever state it is in."""
    if folder.exists():
        shutil.rmtree(folder)


def write_atomic(path, text):
    """Write a file so that readers see the old text or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    os.replace(temporary, path)
