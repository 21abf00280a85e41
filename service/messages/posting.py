"""One event on its way to one webhook: a CloudEvents 1.0 body with Standard Webhooks headers."""

import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer

from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks.webhooks import Webhook as Signer

from service.clock import now
from service.events.feed import FeedRow
from service.messages.addresses import Target, looked_up
from service.messages.chat import Refused, Undelivered
from service.settings import settings

#: how long a receiver may be silent, and how long it may take in all, in seconds
SILENCE, IN_ALL = 10.0, 15.0

_GONE = 410


def body(event: FeedRow) -> bytes:
    """An event as CloudEvents JSON; `sequence` is its cursor in the feed."""
    attributes = {
        "id": event.id, "source": f"{settings().base_url}/api/v1", "type": event.name, "subject": event.subject,
        "time": event.at, "datacontenttype": "application/json", "sequence": str(event.position),
    }
    return JSONFormat().write(CloudEvent(attributes, event.data))


def headers(event_id: str, secret: str, said: bytes) -> dict[str, str]:
    """The headers that prove who sent a body; the id is the same in every attempt."""
    at = now()
    return {
        "content-type": "application/cloudevents+json", "user-agent": "Retrace", "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(secret).sign(event_id, at, said.decode()),
    }


def post(to: Target, told: Mapping[str, str], said: bytes) -> None:
    """Post a body. No redirect is followed: only 2xx counts.

    Raises `Undelivered`, and `Refused` where the receiver says that it is gone for good; `BadAddress`.
    """
    connection = _connection(to, looked_up(to)[0])
    # a receiver that sends a byte now and then is never silent for long, and would be waited for without end
    ending = Timer(IN_ALL, _end, [connection])
    ending.start()
    try:
        connection.request("POST", to.place, body=said, headers=dict(told))
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise Undelivered(f"{type(error).__name__}: {error}") from error
    finally:
        ending.cancel()
        connection.close()
    if status == _GONE:
        raise Refused("the receiver says that it is gone (410)")
    if not 200 <= status < 300:
        raise Undelivered(f"the receiver answered {status}")


class _Plain(HTTPConnection):
    """A connection to an address that was looked at, whatever the host's name leads to by now."""

    address: str

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), SILENCE)


class _Secure(HTTPSConnection):
    """The same by TLS, for the host's name."""

    address: str

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), SILENCE)
        self.sock = _tls().wrap_socket(self.sock, server_hostname=self.host)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _connection(to: Target, address: str) -> HTTPConnection:
    made: _Plain | _Secure = (_Secure if to.secure else _Plain)(to.host, to.port)
    made.address = address
    return made


def _end(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
