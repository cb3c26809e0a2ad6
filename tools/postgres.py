#!/usr/bin/env python3
"""`postgres.py COMMAND …` runs it beside a PostgreSQL of its own, whose address is in JOBD_TEST_POSTGRESQL."""
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

# Nothing here outlives the tests, so nothing waits for the disk; the tests that crash it set fsync themselves.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "listen_addresses": "", "max_connections": "400",
            "shared_buffers": "64MB", "log_min_messages": "fatal"}


def programs():
    """Where Debian keeps initdb and pg_ctl: the newest version."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        sys.exit("there is no PostgreSQL server; install postgresql")
    return pathlib.Path(found[-1])


def as_owner(directory):
    """PostgreSQL does not run as root; Debian's account for it does."""
    if os.getuid() != 0:
        return []
    account = pwd.getpwnam("postgres")
    os.chown(directory, account.pw_uid, account.pw_gid)
    return ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def start(directory):
    """Makes a cluster in the directory and starts it on a socket there; its URL, SCHEMA being yet to be named."""
    bin, prefix = programs(), as_owner(directory)
    data = f"{directory}/data"
    quiet = {"stdout": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([*prefix, bin / "initdb", "-D", data, "-U", "jobd", "-A", "trust", "-E", "UTF8", "--no-sync",
                    "--locale=C.UTF-8"], check=True, **quiet)
    options = " ".join(f"-c {name}={value!r}" for name, value in SETTINGS.items())
    subprocess.run([*prefix, bin / "pg_ctl", "-D", data, "-w", "-l", f"{directory}/log",
                    "-o", f"-k {directory} {options}", "start"], check=True, **quiet)
    host = urllib.parse.quote(str(directory), safe="")
    return f"postgresql:///postgres?host={host}&user=jobd&options=-csearch_path%3DSCHEMA"


def stop(directory):
    prefix = as_owner(directory)
    subprocess.run([*prefix, programs() / "pg_ctl", "-D", f"{directory}/data", "-m", "immediate", "stop"],
                   stdout=subprocess.DEVNULL, cwd="/")


def main(command):
    directory = tempfile.mkdtemp(prefix="jobd-postgres-")
    try:
        url = start(directory)
        return subprocess.run(command, env={**os.environ, "JOBD_TEST_POSTGRESQL": url}).returncode
    finally:
        stop(directory)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
