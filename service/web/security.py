"""What every answer tells browsers; what an answer says itself stands."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # a form's POST must be able to name its origin, which `no-referrer` would turn into "null"
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # an answer that is no page runs, loads and frames nothing
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_API = {"Cache-Control": "no-store"}
_ENCRYPTED = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Adds them to every answer, errors and files included."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the answer."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        wanted = dict(_ALWAYS)
        if scope["path"].startswith("/api/"):
            wanted |= _API
        if scope["scheme"] == "https":
            wanted |= _ENCRYPTED

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in wanted.items():
                    headers.setdefault(name, value)
            await send(message)

        return await self.app(scope, receive, guarded)
