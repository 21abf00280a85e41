"""Errors nobody foresaw are answered within the other middlewares, so that their answers too carry what all do."""

from inspect import isawaitable

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Unforeseen:
    """Answers with the application's own handler for `Exception`; the server then logs the error, raised again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer what it dies of."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            handler = scope["app"].exception_handlers.get(Exception)
            if scope["type"] == "http" and not started and handler is not None:
                answer = handler(Request(scope), error)
                await (await answer if isawaitable(answer) else answer)(scope, receive, send)
            raise
