"""Log lines are JSON, hold no secrets, and belong to their owner alone."""

import io
import json
import logging
import stat
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars

from service import logs
from service.settings import Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The logging of the test run, as it was."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    logging.captureWarnings(False)
    structlog.configure(**configured)
    clear_contextvars()


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What would reach the terminal."""
    made = io.StringIO()
    monkeypatch.setattr(sys, "stderr", made)
    return made


@pytest.fixture
def lines(tmp_path: Path, stderr: io.StringIO) -> Any:
    """The lines of the file so far."""
    logs.configure("server", Settings(home=tmp_path))
    file = tmp_path / "log" / "server.jsonl"
    return lambda: [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_lines_are_json_of_one_form_whoever_writes(lines: Any) -> None:
    bind_contextvars(request_id="r1234567")
    logging.getLogger("retrace.request").info("request", extra={"route": "/login", "status": 200, "body": "x"})
    logging.getLogger("uvicorn.error").info("Started %s", "now")
    structlog.get_logger("ours").info("done", account=3)
    first, second, third = lines()
    assert first.pop("time").endswith("Z")
    assert first == {"event": "request", "level": "info", "logger": "retrace.request", "request_id": "r1234567",
                     "route": "/login", "status": 200}
    assert (second["event"], second["logger"]) == ("Started now", "uvicorn.error")
    assert (third["account"], third["request_id"]) == (3, "r1234567")


def test_secrets_stand_in_no_line(lines: Any, stderr: io.StringIO) -> None:
    structlog.get_logger("x").warning("rt_abc-DEF_1", password="p1", Authorization="a1", user={"api_token": "t1"},
                                      all=["Bearer b1", "postgresql://ada:hush@host/db"], set_cookie="c1")
    logging.getLogger("y").error("took %s", "rt_secret")
    plain = stderr.getvalue()
    assert plain.startswith("warning: [hidden]\nerror: took [hidden]\n")
    told = json.dumps(lines()) + plain
    for secret in ("abc", "p1", "a1", "t1", "b1", "hush", "c1", "rt_"):
        assert secret not in told
    assert "[hidden]" in told


def test_an_error_leaves_its_traceback_in_the_file_and_one_line_on_stderr(
    lines: Any, stderr: io.StringIO
) -> None:
    bind_contextvars(request_id="r1234567")
    try:
        raise RuntimeError("boom rt_secret")
    except RuntimeError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = lines()
    assert line["request_id"] == "r1234567"
    assert "Traceback (most recent call last)" in line["exception"]
    assert "RuntimeError: boom [hidden]" in line["exception"]
    assert stderr.getvalue() == "error: Exception in ASGI application (RuntimeError: boom [hidden])\n"


def test_only_what_needs_attention_reaches_stderr(lines: Any, stderr: io.StringIO) -> None:
    logging.getLogger("z").info("quiet")
    assert stderr.getvalue() == ""
    assert len(lines()) == 1


def test_the_file_is_private_and_so_is_what_it_rotates_to(lines: Any, tmp_path: Path) -> None:
    file = tmp_path / "log" / "server.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (handler,) = [one for one in logging.getLogger().handlers if isinstance(one, logs.RotatingFileHandler)]
    assert (handler.maxBytes, handler.backupCount) == (10 * 2**20, 5)
    logging.getLogger("z").info("before")
    handler.doRollover()
    logging.getLogger("z").info("after")
    assert [line["event"] for line in lines()] == ["after"]
    for one in (file, file.with_name("server.jsonl.1")):
        assert stat.S_IMODE(one.stat().st_mode) == 0o600


def test_a_container_gets_its_lines_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("server", Settings(home=tmp_path, log="stdout"))
    logging.getLogger("z").warning("told")
    answer = capsys.readouterr()
    assert json.loads(answer.out)["event"] == "told"
    assert answer.err == ""
    assert not (tmp_path / "log").exists()


def test_python_warnings_are_lines_too(lines: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        sys.modules["warnings"].warn("old ways", UserWarning, stacklevel=1)
    assert "old ways" in lines()[0]["event"]
