"""JupyterHub for development and tests; `deploy/hub/up.sh` sets the variables read here.

A site copies the part about the spawner and brings its own authenticator, certificates and
addresses: see deploy/README.md.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821

hub_dir = Path(os.environ["FERROLAB_HUB_DIR"])
prefix = Path(os.environ["FERROLAB_PREFIX"])
mode = os.environ["FERROLAB_HUB_MODE"]
user = os.environ["FERROLAB_HUB_USER"]
# In `namespaces` mode the nodes reach the hub through the bridge; otherwise all is on this host.
hub_address = os.environ["FERROLAB_LOGIN_ADDR"] if mode == "namespaces" else "127.0.0.1"

# The browser's side: this machine only.
c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['FERROLAB_HUB_PORT']}"
# The nodes' side.
c.JupyterHub.hub_ip = hub_address
c.JupyterHub.hub_port = int(os.environ["FERROLAB_HUB_API_PORT"])

c.ConfigurableHTTPProxy.command = [
    str(prefix / "js/node"),
    os.environ["FERROLAB_PROXY"],
]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['FERROLAB_PROXY_API_PORT']}"
c.ConfigurableHTTPProxy.pid_file = str(hub_dir / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{hub_dir / 'hub.sqlite'}"

# For tests: one password, made by up.sh, for the users named here.
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = (hub_dir / "password").read_text().strip()
c.Authenticator.allowed_users = {user}

# `make hub-down` leaves nothing behind. A site sets False, and servers survive a restart of the hub.
c.JupyterHub.cleanup_servers = True

c.Spawner.cmd = [str(prefix / "bin/jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = 60
if mode == "down":
    # The local launcher: no Slurm on this machine.
    c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner" if os.getuid() == 0 else "simple"
else:
    c.JupyterHub.spawner_class = "ferrolab"
    # A job may wait in the queue.
    c.Spawner.start_timeout = 600
