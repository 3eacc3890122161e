"""Where a job tells the hub that its server is about to listen."""

from __future__ import annotations

import hmac
import json

from jupyterhub.apihandlers import default_handlers
from jupyterhub.apihandlers.base import APIHandler
from tornado import web

LARGEST_REPORT = 4096
PORTS = range(1024, 65536)


def read_report(body: bytes) -> tuple[int, str, str]:
    """Port, node and nonce of a report: these three, of these types, and nothing else."""
    if len(body) > LARGEST_REPORT:
        raise ValueError("too long")
    report = json.loads(body)
    if not isinstance(report, dict) or set(report) != {"port", "node", "nonce"}:
        raise ValueError("wrong fields")
    port, node, nonce = report["port"], report["node"], report["nonce"]
    if type(port) is not int or port not in PORTS:
        raise ValueError("wrong port")
    if not isinstance(node, str) or not isinstance(nonce, str):
        raise ValueError("wrong types")
    return port, node, nonce


class ReadyHandler(APIHandler):
    """`POST /hub/api/ferrolab/ready`, authenticated by the server's own token and its nonce."""

    @web.authenticated
    async def post(self):
        try:
            port, node, nonce = read_report(self.request.body)
        except (ValueError, RecursionError) as error:
            raise web.HTTPError(400, "not a report of a server") from error
        spawner = self._spawner_of_token()
        if spawner is None or not spawner.accept_report(port, node, nonce):
            raise web.HTTPError(403, "no server is waited for with this token")
        self.set_status(204)

    def _spawner_of_token(self):
        token = self.get_auth_token()
        user = self.current_user
        if not token or not hasattr(user, "spawners"):
            return None
        for spawner in user.spawners.values():
            if spawner.api_token and hmac.compare_digest(spawner.api_token, token):
                return spawner if hasattr(spawner, "accept_report") else None
        return None


default_handlers.append((r"/api/ferrolab/ready", ReadyHandler))
