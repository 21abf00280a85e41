"""Sending e-mail by SMTP."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from service.messages.chat import Refused, Undelivered
from service.messages.wording import Words
from service.settings import settings

#: how long a mail server may keep silent, in seconds
PATIENCE = 15.0


@dataclass(frozen=True)
class Letter:
    """An e-mail. `message_id` is the same in every attempt, so that who gets it twice keeps one."""

    to: str
    words: Words
    message_id: str
    written_at: datetime
    #: a calendar file that goes with it
    calendar: str | None = None


class Server:
    """An open connection to the mail server."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, letter: Letter) -> None:
        """Send one letter. Raises `Undelivered`, or `Refused` where the server will never take it."""
        try:
            written = _written(letter)
        except (ValueError, IndexError) as error:
            raise Refused(f"the letter cannot be written: {error}") from error
        try:
            self._smtp.send_message(written)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _failure(code, said) from error
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(_told(error)) from error


@contextmanager
def connected() -> Iterator[Server]:
    """A connection to the site's mail server (RETRACE_SMTP_URL). Raises `Undelivered`."""
    at = settings().smtp_url
    parts = urlsplit(at.get_secret_value() if at else "")
    try:
        smtp = _open(parts)
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(_told(error)) from error
    try:
        yield Server(smtp)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()


def _open(parts: SplitResult) -> smtplib.SMTP:
    host, secure = parts.hostname or "", ssl.create_default_context()
    if parts.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE, context=secure)
    else:
        smtp = smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE)
    try:
        smtp.ehlo()
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=secure)
            smtp.ehlo()
        elif parts.scheme == "smtp" and parts.username and not _is_here(host):
            raise smtplib.SMTPException("the server offers no STARTTLS, and a password is not sent in the clear")
        if parts.username:
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        smtp.close()
        raise
    return smtp


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(letter: Letter) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = settings().mail_from, letter.to, letter.words.title
    made["Message-ID"], made["Date"] = letter.message_id, format_datetime(letter.written_at)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.words.body)
    if letter.calendar:
        made.add_attachment(letter.calendar.encode(), maintype="text", subtype="calendar", filename="session.ics")
    return made


def _failure(code: int, said: bytes | str) -> Exception:
    told = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
    return Refused(told) if code >= 500 else Undelivered(told)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
