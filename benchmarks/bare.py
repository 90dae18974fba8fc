"""A Flask application that does nothing, under the same server with the same settings: the way in is measured by it."""

from __future__ import annotations

from flask import Flask, Response, request

from collector.server import Server
from collector.settings import prepare_data, read_settings

ANSWER = b'{"results":{"0198f3a2-5b1c-7d10-8a4e-1f2e3d4c5b6b":"ok"},"mode":"cookie"}'


class BareServer(Server):
    """The server without a loader, and with an application of two lines."""

    def load_config(self) -> None:
        """The same options, but that nothing is to be closed in the end."""
        super().load_config()
        self.cfg.set("worker_exit", lambda _server, _worker: None)

    def _ready(self, server: object) -> None:
        """Nothing is started beside it."""

    def _ended(self, server: object) -> None:
        """Nothing is stopped."""

    def load(self) -> Flask:
        """The application of one worker."""
        app = Flask("bare")

        @app.post("/collect")
        def collect() -> Response:
            request.get_data()
            return Response(ANSWER, mimetype="application/json")

        return app


if __name__ == "__main__":
    settings = read_settings()
    prepare_data(settings)
    BareServer(settings).run()
