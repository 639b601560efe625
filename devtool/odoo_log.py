"""Reading Odoo's log: progress, test results, errors. Pure text, no processes."""

import re
from dataclasses import dataclass, field

from .errors import SetupError

_RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) (?P<db>\S+) (?P<logger>\S+?): (?P<text>.*)$"
)
_LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")
_START = re.compile(r"Starting (\w+\.\w+)")
_RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
_FAILED = re.compile(
    r"^(?:FAIL|ERROR): (?:Subtest )?((?:setUp|tearDown)\w+ \([\w.]+\)|\w+(?:\.\w+)?)"
)
_SKIPPED = re.compile(r"^skipped \S+")
BAD_LEVELS = ("ERROR", "CRITICAL")


def record(line):
    """Return (level, logger, text) of the first line of a record, else None."""
    match = _RECORD.match(line)
    return match and (match["level"], match["logger"], match["text"])


class ProgressReader:
    """Turns Odoo's log lines into the note of a running step; keeps the errors."""

    def __init__(self, running):
        self.running = running
        self.errors = []

    def feed(self, line):
        loading = _LOADING.search(line)
        if loading:
            name, number, total = loading.groups()
            self.running.note = f"module {number} of {total} ({name})"
        found = record(line)
        if found and found[0] in BAD_LEVELS:
            self.errors.append(line)

    def fail_on_errors(self):
        """Odoo exits 0 after many errors of an installation; we do not."""
        if self.errors:
            raise SetupError(
                "Odoo logged errors while it installed.", "\n".join(self.errors[:20])
            )


@dataclass
class TestLog:
    """What a test run's log says, fed line by line.

    Odoo counts failures in its closing line. An ERROR record outside a test (a view
    that does not load, a cron that raises) fails the run as well, as one failure
    more: such errors are bugs even if no assertion saw them.
    """

    running: object = None
    total: int = 0
    skipped: int = 0
    closing_failures: int = 0
    closed: bool = False
    started: set = field(default_factory=set)
    failed: list = field(default_factory=list)
    stray_errors: list = field(default_factory=list)
    failure_text: list = field(default_factory=list)
    _in_failure: bool = False

    def feed(self, line):
        found = record(line)
        if not found:
            if self._in_failure:
                self.failure_text.append(line)
            return
        self._in_failure = False
        level, logger, text = found
        start = _START.match(text)
        if start:
            self.started.add((logger, start[1]))
            self._note(start[1])
        self.skipped += bool(_SKIPPED.match(text))
        result = _RESULT.search(text)
        if result:
            # Several reports: one for each phase's summary; the last is the total.
            failures, errors, self.total = map(int, result.groups())
            self.closing_failures = failures + errors
            self.closed = True
        elif level in BAD_LEVELS:
            self._bad_record(line, logger, text)

    def _bad_record(self, line, logger, text):
        self._in_failure = True
        self.failure_text.append(line)
        failed = _FAILED.match(text)
        if failed:
            self.failed.append((logger, failed[1]))
        elif not text.startswith("Module ") and logger != "odoo.tests.stats":
            self.stray_errors.append(line)

    def _note(self, name):
        if self.running:
            bad = f", {len(self.failed)} failed" if self.failed else ""
            self.running.note = f"{len(self.started)} tests{bad}, now {name}"

    def counts(self):
        """Return (passed, failed). A run without closing line failed."""
        failed = self.closing_failures
        if not failed and self.stray_errors:
            failed = 1
        if not self.closed:
            return 0, max(failed, 1)
        return max(self.total - self.closing_failures - self.skipped, 0), failed
