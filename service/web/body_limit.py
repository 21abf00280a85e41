"""No request brings more than the site allows: what is announced too large is not read, what grows too large is cut."""

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.problems import problem


class BodyLimit:
    """Refuses bodies of more than `largest` bytes with 413, and a Content-Length that is no number with 400."""

    def __init__(self, app: ASGIApp, largest: int) -> None:
        self.app = app
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        announced = request.headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()):
            detail = "Content-Length is not a number of bytes; leave it out or correct it."
            return await _answer(request, 400, "bad-request", detail)(scope, receive, send)
        if len(announced) > 18 or int(announced) > self.largest:
            return await self._too_large(request)(scope, receive, send)
        return await self._counted(request, receive, send)

    async def _counted(self, request: Request, receive: Receive, send: Send) -> None:
        """Run the application on a body that ends with an error when it passes the limit; then only that is said."""
        read, started = 0, False

        async def counting() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.largest:
                raise HTTPException(413)
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            if started or read <= self.largest:
                started = True
                await send(message)

        try:
            await self.app(request.scope, counting, sending)
        except HTTPException:
            if started or read <= self.largest:
                raise
        if read > self.largest and not started:
            await self._too_large(request)(request.scope, receive, send)

    def _too_large(self, request: Request) -> Response:
        return _answer(
            request, 413, "too-large",
            f"The body is larger than the {self.largest:,} bytes taken here; send it in parts, or load it as a folder.",
        )


def _answer(request: Request, status: int, kind: str, detail: str) -> Response:
    if request.url.path.startswith("/api/"):
        return problem(status, kind, detail)
    return PlainTextResponse(detail, status)
