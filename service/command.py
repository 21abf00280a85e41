"""What both command lines do when something goes wrong: one clear line, and never a traceback."""

import sys
import traceback
from collections.abc import Callable

import typer
from pydantic import ValidationError

from service.errors import RetraceError
from service.settings import Settings, settings

Kinds = tuple[type[Exception], ...]


def run(app: typer.Typer, name: str, expected: Callable[[], Kinds] = tuple) -> None:
    """Run a command line: exit 0 on success, 1 with one line on an error, 2 on wrong usage.

    `expected`: further errors whose own words are meant for users; asked only after an error, since naming them may
    mean to import something heavy.
    """
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user
        print(f"{name}: {_told(error, expected)}", file=sys.stderr, flush=True)  # noqa: T201
        sys.exit(1)


def _told(error: Exception, expected: Callable[[], Kinds]) -> str:
    """What a user is told of an error."""
    if isinstance(error, RetraceError):
        return str(error)
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return _setting(error)
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, expected()):
        return " ".join(str(error).split())
    return _unexpected(error)


def _setting(error: ValidationError) -> str:
    """Which environment variable makes no sense, and why."""
    first = error.errors()[0]
    place = str(first["loc"][0])
    variable = place if place.isupper() else f"RETRACE_{place.upper()}"
    return f"setting {variable}: {first['msg']} (now {first['input']!r})"


def _system(error: OSError) -> str:
    """What the operating system refused, and where."""
    if error.filename is None or error.strerror is None:
        return " ".join(str(error).split()) or type(error).__name__
    return f"{error.filename}: {error.strerror}"


def _unexpected(error: Exception) -> str:
    """Keep the details of what nobody foresaw, and say where."""
    first = next(iter(str(error).splitlines()), "no message")
    return f"something unexpected happened ({type(error).__name__}: {first}); {_kept(error)}"


def _kept(error: Exception) -> str:
    """Where the details of an error are now."""
    try:
        log = settings().home / "error.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as details:
            traceback.print_exception(error, file=details)
    except Exception as refused:  # noqa: BLE001 - the home may be what is wrong
        return f"the details could not be kept in RETRACE_HOME ({type(refused).__name__})"
    return f"the details are in {log}"
