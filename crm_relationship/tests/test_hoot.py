"""The tests of the addon's JavaScript (static/tests/unit), run by Hoot in a browser."""

import logging
import re
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.misc import file_path

SUITE = "@crm_relationship/unit"
FOLDER = "crm_relationship/static/tests/unit"
EXTENSION = ".test.js"


@tagged("post_install", "-at_install", "crm_relationship_tour")
class TestHoot(HttpCase):
    def test_javascript(self):
        new_test_user(self.env, "hoot", "base.group_system")
        query = {
            "headless": "",
            "loglevel": 2,
            "preset": "desktop",
            "timeout": 15000,
            "filter": f'"{SUITE}/"',
        }
        with self._console() as lines:
            self.browser_js(
                f"/web/tests?{urlencode(query)}",
                "",
                login="hoot",
                timeout=300,
                success_signal="[HOOT] Test suite succeeded",
                error_checker=self._ends_the_run,
            )
        ran = re.findall(r'\[HOOT\] "([^"]+)" ended \(passed: ', "\n".join(lines))
        files = self._files()
        self.assertTrue(files)
        self.assertFalse(files - set(ran), "No test of these files ran")

    @staticmethod
    def _ends_the_run(message):
        """Hoot names each test that fails and goes on; its last words end the run."""
        return "[HOOT]" not in message

    @contextmanager
    def _console(self):
        """Yield the list of the lines that the browser writes to its console."""
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        logger = self._logger.getChild("browser")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield lines
        finally:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)

    @staticmethod
    def _files():
        """Return the name that Hoot gives to each file of tests."""
        folder = Path(file_path(FOLDER))
        return {
            f"{SUITE}/{path.relative_to(folder).as_posix().removesuffix(EXTENSION)}"
            for path in folder.rglob(f"*{EXTENSION}")
        }
