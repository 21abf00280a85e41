"""Telling a chat something through Apprise."""

import logging

from apprise import Apprise, LogCapture

from service.messages.wording import Words


class Undelivered(Exception):
    """A message did not arrive; it may the next time."""


class Refused(Exception):
    """A message will never arrive as it is addressed."""


def is_address(url: str) -> bool:
    """Whether Apprise can make something of an address."""
    return Apprise.instantiate(url, suppress_exceptions=True) is not None


def tell(url: str, words: Words) -> None:
    """Tell a chat something. Raises `Undelivered`, or `Refused` where the address is none."""
    chat = Apprise()
    if not chat.add(url):
        raise Refused("the chat's address is not one that Apprise knows")
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:  # type: ignore[no-untyped-call]
        arrived = chat.notify(title=words.title, body=words.body)
        problem = said.getvalue().strip()
    if not arrived:
        raise Undelivered(problem or "the chat did not take the message")
