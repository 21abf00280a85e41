"""Where log lines go, and what never stands in them.

Everything goes through the standard library's loggers, ours and those of the libraries: as JSON lines to a file in the
home (what needs attention also to stderr, as one plain line), or to standard output.
"""

import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from service.settings import Settings

_BYTES, _KEPT = 10 * 2**20, 5

#: what a line may hold besides time, level, logger, message, request id and a traceback; other libraries attach
#: what they like to their records
_FIELDS = {"method", "route", "status", "ms", "origin", "account"}

_HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(r"password|passwd|token|secret|authorization|cookie|api_?key", re.I)
_SECRET = re.compile(r"\brt_[A-Za-z0-9_-]+|(?<=://)[^\s/@]+:[^\s/@]+(?=@)|(?i:(?<=bearer ))\S+")


def configure(name: str, given: Settings) -> None:
    """Send every logger's lines to `RETRACE_HOME/log/NAME.jsonl`, or to standard output where the site wants that.

    Raises `OSError` when the file cannot be written.
    """
    handlers = [_lines(logging.StreamHandler(sys.stdout))] if given.log == "stdout" else _to_file(name, given.home)
    root = logging.getLogger()
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*_gathering(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(), wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def hide(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A processor that blanks what is named like a secret, and our tokens wherever they stand."""
    return {name: _without_secrets(name, value) for name, value in event.items()}


def _without_secrets(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return _HIDDEN
    if isinstance(value, str):
        return _SECRET.sub(_HIDDEN, value)
    if isinstance(value, dict):
        return {str(key): _without_secrets(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets("", inner) for inner in value]
    return value


def _to_file(name: str, home: Path) -> list[logging.Handler]:
    folder = home / "log"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = _PrivateFile(folder / f"{name}.jsonl", maxBytes=_BYTES, backupCount=_KEPT, encoding="utf-8")
    plain = logging.StreamHandler(sys.stderr)
    plain.setLevel(logging.WARNING)
    plain.setFormatter(_formatter(_plain))
    return [_lines(file), plain]


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only its owner may read, however it came to be."""

    def _open(self) -> IO[Any]:  # type: ignore[override]
        opened = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.fchmod(opened, 0o600)
        return open(opened, "a", encoding=self.encoding, errors="backslashreplace")  # noqa: PTH123


def _lines(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(_formatter(structlog.processors.JSONRenderer(ensure_ascii=False, default=str)))
    return handler


def _formatter(render: Any) -> logging.Formatter:
    finishing = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.format_exc_info, hide, render
    ]
    return structlog.stdlib.ProcessorFormatter(processors=finishing, foreign_pre_chain=_gathering())


def _gathering() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=_FIELDS),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]


def _plain(logger: WrappedLogger, method: str, event: EventDict) -> str:
    """One line for people; the file has the rest."""
    said = " ".join(str(event.get("event", "")).split())
    lines = str(event.get("exception", "")).strip().splitlines()
    return f"{event['level']}: {said}{f' ({lines[-1].strip()})' if lines else ''}"
