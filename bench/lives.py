"""What instructions and allocations share: lives of jobd that only differ in how many requests of a kind they serve."""
import http.client
import time

from common import AUTHORIZATION, Jobd, cpu_seconds

JOBS, RUNNING, HELD, FEW, MANY = 2000, 200, 50, 200, 1200


class Lives:
    """A store whose names are indexed, with running jobs, and some that a worker holds."""

    def __init__(self, directory):
        self.store = directory / "jobs.db"
        with Jobd(self.store) as jobd:
            self.running = list(jobd.create_many(JOBS))[:: JOBS // RUNNING]
            for job in self.running:
                jobd.call("PATCH", f"/rest/jobd/v1/jobs/{job}", {"state": "RUNNING"})
            list(jobd.create_many(HELD, lambda i: {"name": f"Held {i}", "type": "HELD"}))
            wanted = {"types": ["HELD"], "workerId": "bench", "max": HELD, "leaseSeconds": 3600}
            self.held = [(claim["job"]["id"], claim["fence"])
                         for claim in jobd.call("POST", "/rest/jobd/v1/claims", wanted)["claims"]]
            settle(jobd)

    def requests(self):
        """By title: method, path, body and fence of the i-th request."""
        running = lambda i: self.running[i % len(self.running)]
        held = lambda i: self.held[i % len(self.held)]
        return {
            "get": lambda i: ("GET", f"/rest/jobs/v1/jobs/{running(i)}"),
            "list": lambda i: ("GET", "/rest/jobs/v1/jobs?state=RUNNING"),
            "report": lambda i: ("PATCH", f"/rest/jobd/v1/jobs/{running(i)}", f'{{"progressPercentage":{i % 100}}}'),
            "heartbeat": lambda i: ("PUT", f"/rest/jobd/v1/jobs/{held(i)[0]}/lease", "{}", held(i)[1]),
        }

    def live(self, request, count, **settings):
        """
        A whole life of jobd in which it serves so many requests, one after the other; settings as Jobd has them. The
        password is verified once, however slow the machine is just now.
        """
        with Jobd(self.store, ["--auth-cache", "1h"], **settings) as jobd:
            connection = http.client.HTTPConnection("127.0.0.1", jobd.port)
            for i in range(count):
                ask(connection, *request(i))
            connection.close()


def a_request(measure):
    """What one costs, starting, stopping and what is done once left out; measure(count) is that of a life."""
    few, many = measure(FEW), measure(MANY)
    return (many - few) / (MANY - FEW)


def ask(connection, method, path, body=None, fence=None):
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}
    if fence:
        headers["Lease-Fence"] = str(fence)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{method} {path}: {answer.status}"


def settle(jobd):
    """Waits for the work that goes on behind the answers, which would count as that of a later run."""
    before, now = -1, cpu_seconds(jobd.pids)
    while now > before:
        time.sleep(1)
        before, now = now, cpu_seconds(jobd.pids)
