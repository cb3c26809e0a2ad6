"""The job systems that bench/peers and bench/lost_worker compare: how each is started, and how its client is run."""
import json
import os
import re
import shutil
import subprocess
import sys
import time

from common import AUTHORIZATION, BUILD, ROOT, Jobd, Process, cpu_seconds, free_port, version

sys.path.append(str(ROOT / "tools"))
import postgres

CLIENTS = ROOT / "bench/peer"


def npm_version(package):
    manifest = ROOT / "bench/node_modules" / package / "package.json"
    return f"{package} {json.loads(manifest.read_text())['version']}"


class Postgres(Process):
    """A cluster of its own, with the settings PostgreSQL has when nobody touches them: fsync, synchronous_commit on."""

    def __init__(self, directory):
        data = directory / "postgres"
        data.mkdir()
        directory.chmod(0o711)
        owner = postgres.as_owner(data)
        subprocess.run([*owner, postgres.programs() / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        port = free_port()
        super().__init__([*owner, postgres.programs() / "postgres", "-D", data, "-p", str(port), "-k", "",
                          "-c", "max_connections=300"], port, cwd="/")
        # It listens before it lets anybody in.
        while subprocess.run([postgres.programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]).returncode:
            time.sleep(0.1)

    def create(self, name):
        subprocess.run([postgres.programs() / "createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", name],
                       check=True)
        return f"postgres://bench@127.0.0.1:{self.port}/{name}"


def redis(directory):
    port = free_port()
    return Process(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", directory,
                    "--appendonly", "yes", "--appendfsync", "always", "--save", ""], port)


def beanstalkd(directory):
    port = free_port()
    (directory / "beanstalkd").mkdir()
    return Process(["beanstalkd", "-l", "127.0.0.1", "-p", str(port), "-b", directory / "beanstalkd", "-f", "0"], port)


class System:
    """One line of the results: a server (None: it has none) and the command of its client, less the numbers."""

    def __init__(self, name, settings, server, client):
        self.name, self.settings, self.server, self.client = name, settings, server, [str(word) for word in client]

    def run(self, *numbers):
        """What the client prints, as numbers."""
        environment = {**os.environ, "CYCLE_AUTHORIZATION": AUTHORIZATION}
        done = subprocess.run([*self.client, *map(str, numbers)], capture_output=True, text=True, env=environment,
                              timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"{self.name}: {done.stderr}{done.stdout}")
        return [float(line) for line in done.stdout.split()]

    def server_cpu(self):
        """Seconds of all its processes, those that have ended too."""
        return cpu_seconds(self.server.pids, ended=True) if self.server else 0


def node(client):
    return ["node", CLIENTS / f"{client}.mjs"]


def start_all(directory, stack):
    """Every system, its server started until `stack` (an ExitStack) ends."""
    enter = stack.enter_context
    jobd = enter(Jobd(directory / "jobd.db"))
    beans = enter(beanstalkd(directory))
    keys = enter(redis(directory))
    database = enter(Postgres(directory))
    jobd_version = version([BUILD / "jobd", "--version"])
    postgres_version = re.sub(r" \(Debian.*", "", version([postgres.programs() / "postgres", "--version"]))
    postgres_settings = f"{postgres_version}, fsync and synchronous_commit on"
    redis_version = re.search(r"v=(\S+)", version(["redis-server", "--version"]))[1]
    return [
        System("jobd", f"{jobd_version}, SQLite with synchronous FULL; client in C", jobd,
               [BUILD / "bench/cycle", "jobd", jobd.port]),
        System("jobd, apart", "the same, but that a worker claims by a request of its own", jobd,
               [BUILD / "bench/cycle", "jobd-apart", jobd.port]),
        System("jobd, Node", "the same server; client in Node.js", jobd, [*node("jobd"), jobd.port]),
        System("beanstalkd", f"{version(['beanstalkd', '-v'])}, -f 0; the same client in C", beans,
               [BUILD / "bench/cycle", "beanstalkd", beans.port]),
        System("BullMQ", f"{npm_version('bullmq')}, Redis {redis_version} with appendfsync always", keys,
               [*node("bullmq"), keys.port]),
        System("pg-boss", f"{npm_version('pg-boss')}, {postgres_settings}", database,
               [*node("pgboss"), database.create("pgboss")]),
        System("graphile-worker", f"{npm_version('graphile-worker')}, {postgres_settings}", database,
               [*node("graphile"), database.create("graphile")]),
        System("Minion", f"{minion_version()}, synchronous FULL", None,
               ["perl", CLIENTS / "minion.pl", directory / "minion.db"]),
    ]


def prepare():
    """Builds the client in C, and installs those in Node.js once for each package-lock.json."""
    subprocess.run(["ninja", "-C", BUILD, "bench/cycle"], check=True, stdout=subprocess.DEVNULL)
    lock, stamp = ROOT / "bench/package-lock.json", ROOT / "bench/node_modules/.installed-lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=lock.parent, check=True, stdout=subprocess.DEVNULL)
        shutil.copy(lock, stamp)


def minion_version():
    return version(["dpkg-query", "-W", "-f", "minion ${Version}\\n", "libminion-perl"]) + ", " + version(
        ["dpkg-query", "-W", "-f", "its SQLite backend ${Version}\\n", "libminion-backend-sqlite-perl"])
