"""The command line says what is wrong in one line, and what it must not load to serve."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from click.testing import Result
from sqlalchemy import Connection, Engine, update
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from service import cli, command
from service.clock import now
from service.errors import RetraceError, Unauthorized
from service.people.actions import recognise, sign_in
from service.people.tables import Account
from service.settings import Settings, settings

MAIN = "from service.cli import main; main()"


def _run(home: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", MAIN, *arguments]
    environment = os.environ | {"RETRACE_HOME": str(home)} | settings
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)


def _one_line(answer: "subprocess.CompletedProcess[str]") -> str:
    assert answer.returncode == 1, answer.stderr
    assert "Traceback" not in answer.stderr
    (line,) = answer.stderr.strip().splitlines()
    return line


def test_a_port_in_use_is_one_line_that_says_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = _one_line(_run(home, "serve", RETRACE_PORT=str(port)))
    assert line == f"retrace: Port {port} is in use; stop what uses it, or choose another with RETRACE_PORT."


def test_a_home_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")
    assert str(tmp_path / "home") in _one_line(_run(tmp_path / "home", "export", str(tmp_path / "out")))


def test_a_folder_that_is_not_there_is_one_line(engine: Engine, home: Path, tmp_path: Path) -> None:
    line = _one_line(_run(home, "import", str(tmp_path / "none")))
    assert line.startswith(f"retrace: There is no folder {tmp_path / 'none'}")


@pytest.mark.parametrize(
    ("name", "value"), [("RETRACE_TIMEZONE", "Mars/Olympus"), ("RETRACE_PORT", "eighty"), ("RETRACE_LOCALE", "fr")]
)
def test_a_setting_that_makes_no_sense_is_one_line(home: Path, name: str, value: str) -> None:
    line = _one_line(_run(home, "serve", **{name: value}))
    assert f"setting {name}: " in line
    assert value in line


def test_wrong_usage_is_2(home: Path) -> None:
    assert _run(home, "import").returncode == 2
    assert _run(home, "nonsense").returncode == 2


def test_serving_loads_no_machine_learning() -> None:
    told = "import sys, service.app; print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", told], check=True, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in answer.stdout.split()}
    assert "service" in loaded
    assert not loaded & {"torch", "sentence_transformers", "mlflow", "lightgbm", "sklearn", "ibis", "duckdb", "pandas"}


class Foreseen(ValueError):
    """An error of another package, meant for users."""


Told = Callable[[Exception], str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What `run` says when a command raises an error."""
    monkeypatch.setattr(sys, "argv", ["tool"])

    def line(error: Exception) -> str:
        app = typer.Typer(pretty_exceptions_enable=False)

        @app.command()
        def fail() -> None:
            raise error

        with pytest.raises(SystemExit) as stopped:
            command.run(app, "tool", lambda: (Foreseen,))
        assert stopped.value.code == 1
        return capsys.readouterr().err.removesuffix("\n")

    return line


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (RetraceError("Choose another."), "tool: Choose another."),
        (Foreseen("two\n lines"), "tool: two lines"),
        (PermissionError(13, "Permission denied", "/etc/x"), "tool: /etc/x: Permission denied"),
        (OSError("odd"), "tool: odd"),
    ],
)
def test_a_foreseen_error_is_told_in_its_own_words(told: Told, error: Exception, says: str) -> None:
    assert told(error) == says


def test_an_unforeseen_error_is_one_line_and_its_details_are_kept(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "settings", lambda: SimpleNamespace(home=tmp_path / "new" / "home"))
    log = tmp_path / "new" / "home" / "error.log"
    line = "tool: something unexpected happened (ValueError: boom); the details are in"
    assert told(ValueError("boom\nmore \udc80")) == f"{line} {log}"
    assert told(KeyError()).startswith("tool: something unexpected happened (KeyError: no message)")
    kept = log.read_text()
    assert kept.count("Traceback (most recent call last)") == 2
    assert "more" in kept


def test_where_the_details_cannot_be_kept_it_is_still_one_line(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(command, "settings", lambda: SimpleNamespace(home=tmp_path / "file"))
    assert told(ValueError("boom")).endswith("(ValueError: boom); the details could not be kept in RETRACE_HOME "
                                              "(FileExistsError)")


def test_a_setting_with_a_name_of_its_own_is_named_so(told: Told) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as wrong:
        Settings(DATABASE_URL=5)  # type: ignore[arg-type, call-arg]
    assert told(wrong.value).startswith("tool: setting DATABASE_URL: ")


@pytest.fixture
def retrace(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in this process, inside the test's transaction."""
    connection.begin_nested()  # so that a command that fails rolls back its own savepoint only
    monkeypatch.setattr(cli, "_database", lambda: connection)
    return lambda *arguments: CliRunner().invoke(cli.app, arguments)


def test_an_account_is_made_reset_and_disabled(retrace: Callable[..., Result], session: Session) -> None:
    first = retrace("account", "ada", "--role", "quality", "--name", "Ada").stdout.strip()
    secret = sign_in(session, "ada", first, "api")
    principal = recognise(session, secret)
    assert principal is not None
    assert (principal.name, principal.role) == ("Ada", "quality")
    assert first not in retrace("account", "ada", "--disable").output
    session.expire_all()
    assert recognise(session, secret) is None
    second = retrace("account", "ada", "--reset").stdout.strip()
    session.expire_all()
    assert second != first
    assert recognise(session, secret) is None
    assert recognise(session, sign_in(session, "ada", second, "console")) is not None
    with pytest.raises(Unauthorized):
        sign_in(session, "ada", first, "api")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ada", "--role", "king"], "There is no role 'king'"),
        (["", "--role", "admin"], "'' cannot be a login"),
        (["a" * 201, "--role", "admin"], "cannot be a login"),
        (["ada", "--role", "employee", "--employee", "none"], "There is no employee 'none'"),
        (["none", "--reset"], "There is no login 'none'"),
        (["none", "--disable"], "There is no login 'none'"),
    ],
)
def test_an_account_that_cannot_be_is_said(retrace: Callable[..., Result], arguments: list[str], says: str) -> None:
    answer = retrace("account", *arguments)
    assert isinstance(answer.exception, RetraceError)
    assert says in str(answer.exception)
    assert answer.stdout == ""


@pytest.mark.parametrize(
    "arguments", [[], ["--role", "admin", "--reset"], ["--reset", "--disable"], ["--reset", "--name", "Ada"]]
)
def test_an_account_is_made_or_reset_or_disabled(retrace: Callable[..., Result], arguments: list[str]) -> None:
    assert retrace("account", "ada", *arguments).exit_code == 2


def test_where_no_administrator_can_sign_in_the_first_start_makes_one(
    retrace: Callable[..., Result], session: Session, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    session.execute(update(Account).values(disabled_at=now()))
    session.commit()
    cli._announce(connection, settings(), with_mlflow=True)  # type: ignore[arg-type]
    told = capsys.readouterr().err
    assert "signs in as admin with the one-time password" in told
    password = told.split("one-time password ")[1].split()[0]
    assert sign_in(session, "admin", password, "console")
    cli._announce(connection, settings(), with_mlflow=True)  # type: ignore[arg-type]
    assert "one-time password" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--force"], ["--reason", "x"], ["--force", "--reason", " "]])
def test_records_are_replaced_by_force_and_for_a_reason_only(
    retrace: Callable[..., Result], tmp_path: Path, arguments: list[str]
) -> None:
    assert retrace("restore", str(tmp_path / "x.zip"), *arguments).exit_code == 2


def test_a_backup_of_the_running_service_is_one_line(engine: Engine, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "taken.zip"
    answer = _run(home, "backup", str(file))
    assert answer.returncode == 0, answer.stderr
    assert f"written to {file}" in answer.stderr
    assert "exists already" in _one_line(_run(home, "backup", str(file)))


def test_the_audit_trail_is_verified_in_one_line(engine: Engine, home: Path) -> None:
    answer = _run(home, "verify-audit")
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"[\d,]+ events are as they were written; [\d,]+ wait to be sealed\.", answer.stderr)


def test_nobody_is_erased_without_a_reason(retrace: Callable[..., Result]) -> None:
    assert retrace("erase", "007").exit_code == 2
