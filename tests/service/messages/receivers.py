"""A mail server and a receiver of posts that are real, and behave as badly as they are told to."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What a mail server got, and what it answers instead of taking more."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


@contextmanager
def mail_server() -> Iterator[tuple[str, Mailbox]]:
    """A mail server on loopback; its address and what it got."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}", mailbox
    controller.stop()


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Receiver(ThreadingHTTPServer):
    """Takes posts, or does with each what `moods` says: a status, "hang", "drip" or "reset"."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.moods: list[int | str] = []
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        self.asked = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever hangs up on a receiver that hangs is right."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked += 1
        mood = self.server.moods.pop(0) if self.server.moods else 200
        if mood == "hang":
            time.sleep(3)
        elif mood == "drip":
            for _ in range(60):
                self.wfile.write(b"H")
                time.sleep(0.05)
        elif mood == "reset":
            # closed with nothing left to wait for: the other side sees a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif isinstance(mood, int):
            if mood < 300:
                self.server.taken.append((self.path, dict(self.headers.items()), said))
            self.send_response(mood)
            if mood in {301, 307}:
                self.send_header("location", f"{self.server.address}/elsewhere")
            self.end_headers()

    def log_message(self, *said: object) -> None:
        """Nothing is told."""


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver of posts on loopback."""
    made = Receiver()
    thread = Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()
