"""Idempotency-Key: a POST that is sent again under the same key has one effect and one answer.

The answer is kept in the transaction of the effect, for a day, encrypted under what was sent: only who sends the same
again can read it. A key belongs to an account: the same key of another account is another key.

Sources: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import COOKIE, found
from service.clock import now
from service.problems import problem
from service.web.tables import KeptAnswer

#: how long an answer is kept
KEPT_FOR = timedelta(days=1)

#: a key is printable ASCII of at most this length
_LONGEST_KEY = 255

#: answers that are about who asks, or about this moment, and may be another next time
_PASSING = frozenset({401, 403, 408, 412, 413, 425, 428, 429})

_NONCE = 12


@dataclass(frozen=True)
class Sent:
    """A request under a key."""

    key: str
    account: str
    target: str
    body: bytes

    @property
    def name(self) -> str:
        """What the key is stored as."""
        return _digest(b"key", self.account.encode(), self.key.encode())

    @property
    def fingerprint(self) -> str:
        """What else was sent; salted with the key, which is not stored, so that a body cannot be guessed from it."""
        return _digest(b"sent", self.key.encode(), self.target.encode(), self.body)

    @property
    def lock(self) -> int:
        """The number of the key's advisory lock."""
        return int.from_bytes(bytes.fromhex(self.name)[:8], "big", signed=True)

    @property
    def secret(self) -> bytes:
        """The key its answer is encrypted under."""
        return hashlib.sha256(b"answer" + self.key.encode() + b"\0" + self.body).digest()


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()


@dataclass
class Answer:
    """A response as it is sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def sealed(self, secret: bytes) -> bytes:
        """The answer, encrypted."""
        told = [self.status, [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers]]
        nonce = os.urandom(_NONCE)
        head = json.dumps(told).encode()
        return nonce + AESGCM(secret).encrypt(nonce, len(head).to_bytes(4, "big") + head + self.body, None)

    @classmethod
    def opened(cls, secret: bytes, sealed: bytes) -> "Answer":
        """The answer that was encrypted."""
        told = AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
        end = 4 + int.from_bytes(told[:4], "big")
        status, headers = json.loads(told[4:end])
        return cls(status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], told[end:])


class Idempotent:
    """ASGI middleware: answers a repeated POST as the first time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; only a POST of the API that names a key is treated specially."""
        request = Request(scope, receive) if scope["type"] == "http" else None
        if request is None or request.method != "POST" or not request.url.path.startswith("/api/"):
            await self._app(scope, receive, send)
            return
        key = request.headers.get("idempotency-key")
        if key is None:
            await self._app(scope, receive, send)
        elif not (0 < len(key) <= _LONGEST_KEY and key.isascii() and key.isprintable()):
            sentence = f"Idempotency-Key takes 1 to {_LONGEST_KEY} printable ASCII characters; a UUID is best."
            await problem(400, "bad-request", sentence)(scope, receive, send)
        else:
            await self._keyed(request, key, send)

    async def _keyed(self, request: Request, key: str, send: Send) -> None:
        body = await request.body()
        transaction = Session(request.app.state.engine, expire_on_commit=False)
        try:
            account = await run_in_threadpool(_account, transaction, request)
            target = f"{request.url.path}?{request.url.query} {request.headers.get('content-type', '')}"
            sent = Sent(key, account, target, body)
            answer = await run_in_threadpool(_known, transaction, sent)
            if answer is None:
                answer = await self._first(request, transaction, sent)
        finally:
            await run_in_threadpool(transaction.close)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _first(self, request: Request, transaction: Session, sent: Sent) -> Answer:
        """Let the application answer, within this transaction, and keep the answer with what it did."""
        request.scope.setdefault("state", {})["transaction"] = transaction
        answer = Answer(500, [], b"")

        async def body_again() -> Message:
            return {"type": "http.request", "body": sent.body, "more_body": False}

        async def heard(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status, answer.headers = message["status"], list(message["headers"])
            elif message["type"] == "http.response.body":
                answer.body += message.get("body", b"")

        await self._app(request.scope, body_again, heard)
        if answer.status < 500:
            await run_in_threadpool(_keep, transaction, sent, answer)
        return answer


def _account(transaction: Session, request: Request) -> str:
    """Whose key it is: the account's number, or nobody's where nobody has signed in yet."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    secret = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
    principal = found(request, transaction, secret)
    return str(principal.account_id) if principal else ""


def _known(transaction: Session, sent: Sent) -> Answer | None:
    """The answer to a key that is in use: the first one's, or why there is none. None: the key is new."""
    if not transaction.scalar(select(func.pg_try_advisory_xact_lock(sent.lock))):
        sentence = "The first request with this Idempotency-Key is still being answered; send it again in a second."
        return _told(409, "in-flight", sentence, {"Retry-After": "1"})
    kept = transaction.execute(
        select(KeptAnswer.fingerprint, KeptAnswer.answer).where(
            KeptAnswer.key == sent.name, KeptAnswer.created_at > now() - KEPT_FOR
        )
    ).one_or_none()
    if kept is None:
        return None
    if kept.fingerprint != sent.fingerprint:
        sentence = "This Idempotency-Key was used for another request; send a new key with a new request."
        return _told(422, "key-reused", sentence)
    return Answer.opened(sent.secret, bytes(kept.answer))


def _told(status: int, kind: str, sentence: str, headers: dict[str, Any] | None = None) -> Answer:
    response = problem(status, kind, sentence, headers=headers)
    return Answer(status, list(response.raw_headers), bytes(response.body))


def _keep(transaction: Session, sent: Sent, answer: Answer) -> None:
    """Keep an answer and commit it together with what it tells of."""
    if answer.status not in _PASSING:
        transaction.execute(delete(KeptAnswer).where(KeptAnswer.key == sent.name))
        row = {"key": sent.name, "fingerprint": sent.fingerprint, "answer": answer.sealed(sent.secret)}
        transaction.execute(insert(KeptAnswer).values(row))
    transaction.commit()


def forget(session: Session, at: datetime) -> None:
    """Let go of answers that are kept no longer."""
    session.execute(delete(KeptAnswer).where(KeptAnswer.created_at <= at - KEPT_FOR))
