"""One log line and one count per request. Neither holds an address, a header or a body: those name people."""

import logging
from time import perf_counter
from typing import Any

from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.metrics import Meters

#: reports that may be anonymous are so in the log too
_UNNAMED = {"/api/v1/difficulty-reports", "/api/v1/issues"}

_log = logging.getLogger("retrace.request")


class Watch:
    """Logs and counts under the route's template, never under the address itself."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self.app = app
        self.meters = meters
        self._templates: dict[int, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and note how it went."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, began = 500, perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self.meters.in_progress.track_inprogress():
                await self.app(scope, receive, noted)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._template(scope)
        self.meters.count(scope["method"], route, status, seconds)
        told: dict[str, Any] = {
            "method": scope["method"], "route": route, "status": status, "ms": round(seconds * 1000, 1),
            "origin": "api" if scope["path"].startswith("/api/") else "console",
        }
        principal = scope.get("state", {}).get("principal")
        if principal is not None and route not in _UNNAMED:
            told["account"] = principal.account_id
        _log.info("request", extra=told)

    def _template(self, scope: Scope) -> str:
        """The whole template of the route that answered, a mount's prefix, or `unmatched`."""
        route = scope.get("route")
        if route is None:
            return str(scope["root_path"]) if "app_root_path" in scope else "unmatched"
        if id(route) not in self._templates:
            # a route knows its own part only; where it was included is asked of the application
            known = iter_route_contexts(scope["app"].routes)
            self._templates = {id(one.original_route): str(one.path) for one in known}
        return self._templates.get(id(route), "unmatched")
