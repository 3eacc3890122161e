"""Notebook servers as jobs, asked of a real JupyterHub over its REST API.

`make test` starts the hub and sets FERROLAB_HUB_URL, FERROLAB_HUB_USER and
FERROLAB_HUB_PASSWORD_FILE. With a hub of your own (`make hub`) set them yourself.
"""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest

requests = pytest.importorskip("requests")

# A server on a busy node of two cores takes its time.
READY_LIMIT = 120


class Hub:
    """The hub, as its user sees it."""

    def __init__(self, url, user, password):
        self.url, self.user = url, user
        self.http = requests.Session()
        xsrf = self._xsrf("/hub/login")
        login = self.http.post(
            f"{url}/hub/login",
            data={"username": user, "password": password, "_xsrf": xsrf},
            timeout=30,
        )
        login.raise_for_status()
        answer = self.http.post(
            f"{url}/hub/api/users/{user}/tokens",
            headers={"X-XSRFToken": self._xsrf("/hub/home"), "Referer": f"{url}/hub/home"},
            json={"note": "tests", "expires_in": 3600},
            timeout=30,
        )
        answer.raise_for_status()
        self.token = answer.json()["token"]
        self.headers = {"Authorization": f"token {self.token}"}

    def _xsrf(self, page):
        text = self.http.get(self.url + page, timeout=30).text
        found = re.search(r'xsrf_token:\s*"([^"]+)"|name="_xsrf" value="([^"]+)"', text)
        return found[1] or found[2]

    def api(self, method, path, **options):
        """One request to the API."""
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(
            method, f"{self.url}/hub/api{path}", headers=headers, timeout=90, **options
        )

    def server(self):
        """The default server, or None."""
        return self.api("GET", f"/users/{self.user}").json()["servers"].get("")

    def start(self, **options):
        """Asks for a server."""
        body = {"user_options": options}
        return self.api("POST", f"/users/{self.user}/servers/", json=body)

    def wait_ready(self):
        """Waits for the server."""
        deadline = time.monotonic() + READY_LIMIT
        while time.monotonic() < deadline:
            server = self.server()
            assert server is not None, "the server failed"
            if server["ready"]:
                return server
            time.sleep(0.2)
        raise AssertionError("the server did not become ready")

    def stop(self):
        """Stops the server and waits until it is gone."""
        deadline = time.monotonic() + READY_LIMIT
        self.api("DELETE", f"/users/{self.user}/servers/")
        while self.server() is not None:
            assert time.monotonic() < deadline, "the server did not stop"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def hub(slurm_environment):
    url = os.environ.get("FERROLAB_HUB_URL")
    if not url:
        pytest.skip("no hub is up (FERROLAB_HUB_URL): servers as jobs are not tested")
    password = Path(os.environ["FERROLAB_HUB_PASSWORD_FILE"]).read_text().strip()
    return Hub(url, os.environ["FERROLAB_HUB_USER"], password)


@pytest.fixture
def no_server(hub):
    """No server before and after the test."""
    if hub.server():
        hub.stop()
    yield
    if hub.server():
        hub.stop()


def jobs_of(slurm, user):
    """Number and state of the user's jobs."""
    lines = slurm("squeue", "-h", "-u", user, "-o", "%A %T").splitlines()
    return {number: state for number, state in map(str.split, lines)}


def test_a_server_is_a_job_on_a_node_and_stop_ends_it(hub, no_server, slurm):
    before = set(jobs_of(slurm, hub.user))
    answer = hub.start(partition="debug", nodes=1, time="20", mem="600M")
    assert answer.status_code in (201, 202), answer.text
    hub.wait_ready()
    (job,) = set(jobs_of(slurm, hub.user)) - before
    assert slurm("squeue", "-h", "-j", job, "-o", "%m").strip() == "600M"
    node = slurm("squeue", "-h", "-j", job, "-o", "%B").strip()
    assert node
    assert slurm("squeue", "-h", "-j", job, "-o", "%u").strip() == hub.user
    # The server answers through the proxy.
    status = requests.get(f"{hub.url}/user/{hub.user}/api/status", headers=hub.headers, timeout=30)
    assert status.status_code == 200 and "kernels" in status.json()
    hub.stop()
    deadline = time.monotonic() + 60
    while job in jobs_of(slurm, hub.user):
        assert time.monotonic() < deadline, "the job outlived its server"
        time.sleep(0.5)


def test_no_token_is_in_sight(hub, no_server, slurm, prefix):
    before = set(jobs_of(slurm, hub.user))
    hub.start(partition="debug", time="20")
    hub.wait_ready()
    (job,) = set(jobs_of(slurm, hub.user)) - before
    home = Path(os.path.expanduser(f"~{hub.user}"))
    token = token_of_server(hub.user)
    seen = {
        "squeue": slurm("squeue", "-O", "JobID:20,Name:80,Comment:300,Command:500,WorkDir:300"),
        "scontrol": slurm("scontrol", "show", "job", job),
        "script": slurm("scontrol", "write", "batch_script", job, "-"),
        "ps": slurm("ps", "axww", "-o", "args"),
    }
    state = home / ".local/state/ferrolab"
    for path in state.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            seen[str(path)] = path.read_text(errors="replace")
            if path.suffix == ".json":
                assert path.stat().st_mode & 0o077 == 0, f"{path} can be read by others"
    for place, text in seen.items():
        assert token not in text, f"the token is in {place}"
    assert not list(state.rglob("spec.json")), "the node left the file with the token"


def token_of_server(user):
    """The token of the running server, from its environment: only root or its owner can see it."""
    listed = subprocess.run(
        ["ps", "-u", user, "-o", "pid="], capture_output=True, text=True, check=False
    )
    for pid in listed.stdout.split():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in environment:
            if variable.startswith(b"JUPYTERHUB_API_TOKEN="):
                return variable.split(b"=", 1)[1].decode()
    pytest.skip("the environment of the server cannot be read: run the tests as root or its owner")


@pytest.mark.parametrize(
    "options, said",
    [
        ({"nodes": -1}, "nodes"),
        ({"nodes": 1.5}, "whole number"),
        ({"nodes": 1_000_000_000}, "nodes"),
        ({"time": "NaN"}, "time"),
        ({"time": "30\n#SBATCH --uid=0"}, "time"),
        ({"partition": "nowhere"}, "nowhere"),
        ({"partition": "debug --uid=root"}, "partition"),
        ({"partition": "-debug"}, "partition"),
        ({"account": "$(id)"}, "account"),
        ({"reservation": "{{ 7*7 }}"}, "reservation"),
        ({"qos": "<script>"}, "qos"),
        ({"uid": "root"}, "uid"),
        ({"command": ["id"]}, "command"),
    ],
)
def test_bad_options_are_refused_by_the_api(hub, no_server, slurm, options, said):
    before = jobs_of(slurm, hub.user)
    answer = hub.start(**options)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["message"]
    assert jobs_of(slurm, hub.user) == before


def test_the_form_offers_what_sinfo_says(hub, no_server):
    page = hub.http.get(f"{hub.url}/hub/spawn/{hub.user}", timeout=60).text
    for name in ("partition", "nodes", "ntasks", "cpus_per_task", "gpus", "mem", "time"):
        assert f'id="ferrolab-{name}"' in page
    assert '<option value="debug" selected>' in page


@pytest.mark.parametrize(
    "body",
    [
        {"port": 8888, "node": "n1", "nonce": "x"},
        {"port": "8888", "node": "n1", "nonce": "x"},
        {"port": 22, "node": "n1", "nonce": "x"},
        {"port": 70000, "node": "n1", "nonce": "x"},
        {"port": True, "node": "n1", "nonce": "x"},
        {"port": 8888, "node": "n1", "nonce": "x", "cmd": ["id"]},
        {"port": 8888},
        [],
        "x",
    ],
)
def test_a_forged_report_is_refused(hub, body):
    answer = hub.api("POST", "/ferrolab/ready", json=body)
    assert answer.status_code in (400, 403), answer.text
    nameless = requests.post(f"{hub.url}/hub/api/ferrolab/ready", json=body, timeout=30)
    assert nameless.status_code == 403


def test_a_waiting_server_says_why_and_can_be_stopped(hub, no_server, slurm):
    blocker = slurm(
        "sbatch",
        "--parsable",
        "--nodes=2",
        "--exclusive",
        "--time=5",
        "--chdir=/",
        "--output=/dev/null",
        "--wrap=sleep 200",
    ).strip()
    before = set(jobs_of(slurm, hub.user))
    try:
        deadline = time.monotonic() + 60
        while slurm("squeue", "-h", "-j", blocker, "-o", "%T").strip() != "RUNNING":
            assert time.monotonic() < deadline, "the nodes are not free"
            time.sleep(0.3)
        # The API answers after at most ten seconds, with the server still pending.
        answer = hub.start(partition="debug", time="20")
        assert answer.status_code == 202, answer.text
        messages = progress(hub, seconds=5)
        assert any("waits" in message for message in messages), messages
        hub.stop()
        assert set(jobs_of(slurm, hub.user)) <= before
    finally:
        slurm("scancel", blocker)


def progress(hub, seconds):
    """What the page of a pending server shows in that time."""
    messages = []
    deadline = time.monotonic() + seconds
    stream = requests.get(
        f"{hub.url}/hub/api/users/{hub.user}/server/progress",
        headers=hub.headers,
        stream=True,
        timeout=30,
    )
    with stream:
        for line in stream.iter_lines():
            if line.startswith(b"data:"):
                messages.append(json.loads(line[5:])["message"])
            if time.monotonic() > deadline:
                break
    return messages
