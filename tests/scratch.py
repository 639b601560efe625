"""A scratch database of Odoo, for tests of what lies between two installations."""

import json
import subprocess

from devtool.paths import ADDON

TABLES = """
    SELECT table_name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
       AND (table_name LIKE 'crm\\_%' OR table_name LIKE 'res\\_%'
            OR table_name IN ('mail_activity', 'mail_mail', 'sms_sms', 'sale_order'))
"""


class Database:
    """A scratch database, worked on by Odoo with the addon that lies in some folder."""

    def __init__(self, runtime, name):
        self.runtime = runtime
        self.name = name

    def odoo(self, folder, *args, stdin=None):
        addons = [*self.runtime.odoo.addons_paths, folder]
        result = subprocess.run(
            self.runtime.odoo_args(
                self.name,
                f"--addons-path={','.join(map(str, addons))}",
                "--no-http",
                "--log-level=warn",
                *args,
                command="shell" if stdin else None,
            ),
            input=stdin,
            capture_output=True,
            text=True,
            env={
                **self.runtime.env(),
                "PYTHONPATH": str(self.runtime.odoo.python_path),
            },
            cwd=folder,
            check=False,
        )
        assert not result.returncode, result.stderr[-4000:]
        assert " ERROR " not in result.stderr, result.stderr[-4000:]
        assert " CRITICAL " not in result.stderr, result.stderr[-4000:]

    def lines(self, sql):
        return self.runtime.psql(sql, self.name).splitlines()

    def columns(self):
        return set(
            self.lines(
                "SELECT table_name || '.' || column_name"
                "  FROM information_schema.columns WHERE table_schema = 'public'"
            )
        )

    def xmlids(self):
        return set(
            self.lines(f"SELECT name FROM ir_model_data WHERE module = '{ADDON}'")
        )

    def records(self):
        """Return {(table, id): {column: value}} of all that people work with."""
        found = {}
        for table in self.lines(TABLES):
            for line in self.lines(f'SELECT to_jsonb(t) FROM "{table}" t'):
                row = json.loads(line)
                if "id" in row:
                    found[table, row["id"]] = row
        return found
