"""What the benchmarks share: a jobd and an nginx of their own, load by wrk, and the processor time they cost."""
import base64
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PASSWORD = "a-password-for-benchmarks"
AUTHORIZATION = "Basic " + base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids, ended=False):
    """User and system time so far of these processes, all threads; also of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue  # it has just ended; its time is its parent's now
        total += sum(map(int, fields[11:15] if ended else fields[11:13]))
    return total / TICK


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def shared_mib(pids):
    """Of all these processes; a page that several of them have counts once."""
    rollups = (pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) for text in rollups) / 1024


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing serves on port {port}")


class Process:
    """A server that ends with the `with` block; only what was started here is ever signalled."""

    def __init__(self, command, port, env=None, cwd=None, patience=20):
        self.port = port
        self.process = subprocess.Popen(command, env={**os.environ, **(env or {})},
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)
        wait_for(port, patience)

    @property
    def pids(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, children.read_text().split())]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()  # a peer in the middle of something long
            self.process.wait()


class Jobd(Process):
    """
    jobd on a store with an admin account; nothing is logged but warnings. The store is a file of its own, or the URL of
    one that may have an account already.
    """

    def __init__(self, store, options=(), env=None, wrapper=(), account=True):
        self.store = store if isinstance(store, str) else f"sqlite:{store}"
        if account and (isinstance(store, str) or not store.exists()):
            subprocess.run([BUILD / "jobd", "user", "add", "admin", "--role", "admin",
                            "--password-stdin", "--store", self.store],
                           input=PASSWORD.encode(), check=True)
        port = free_port()
        super().__init__([*wrapper, BUILD / "jobd", "serve", "--store", self.store, "--listen",
                          f"127.0.0.1:{port}", "--log-level", "warn", *options], port, env)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.url(path), method=method, data=body and json.dumps(body).encode(),
            headers={"Authorization": AUTHORIZATION, "Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def create_many(self, count, job=lambda i: {"name": f"Job {i}", "type": "IMPORT"}):
        """Creates `count` jobs in bulk; yields their ids."""
        for start in range(0, count, 1000):
            jobs = [job(i) for i in range(start, min(start + 1000, count))]
            answer = self.call("POST", "/rest/jobd/v1/jobs/bulk", {"jobs": jobs})
            for item in answer["results"]:
                yield item["job"]["id"]


def quote(text):
    """A word of nginx's configuration that stands for `text`."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Nginx(Process):
    """nginx that answers everything with one fixed body."""

    def __init__(self, directory, body):
        port = free_port()
        # A word of its configuration holds 4096 bytes at most, so the body is put together.
        pieces = [quote(body[i:i + 2000]) for i in range(0, len(body), 2000)]
        variables = " ".join(f"set $p{i} {piece};" for i, piece in enumerate(pieces))
        whole = "".join(f"${{p{i}}}" for i in range(len(pieces)))
        (directory / "nginx.conf").write_text(f"""
            daemon off; worker_processes 2; pid {directory}/nginx.pid; error_log stderr error;
            events {{ worker_connections 2048; }}
            http {{
                access_log off; keepalive_requests 100000000; default_type application/json;
                client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
                fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
                server {{ listen 127.0.0.1:{port}; location / {{ {variables} return 200 "{whole}"; }} }}
            }}""")
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        super().__init__([nginx, "-e", "stderr", "-c", directory / "nginx.conf"], port)

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"


class Load:
    """What one wrk run measured."""

    def __init__(self, server, path, connections, seconds, script=None):
        before = cpu_seconds(server.pids)
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                   "-H", f"Authorization: {AUTHORIZATION}"]
        if script:
            command += ["-s", script]
        out = subprocess.run([*command, server.url(path)], check=True, capture_output=True,
                             text=True).stdout
        self.cpu = cpu_seconds(server.pids) - before
        self.requests = int(re.search(r"(\d+) requests in", out)[1])
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])
        self.p50, self.p99 = (milliseconds(re.search(rf"^ +{p}% +(\S+)", out, re.M)[1])
                              for p in (50, 99))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
        self.failed = int(bad[1]) if bad else 0
        self.cpu_us = self.cpu / self.requests * 1e6


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def workplace():
    """A temporary directory on the disk of the checkout, not in memory: syncs must be real."""
    (BUILD / "bench").mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=BUILD / "bench")


def version(command):
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stdout + result.stderr).strip().splitlines()[0]


def print_versions():
    print(version([BUILD / "jobd", "--version"]), "|",
          version([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-v"]), "|",
          os.cpu_count(), "processors; wrk on the same machine")
