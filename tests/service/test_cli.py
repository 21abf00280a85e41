"""The command line says what is wrong in one line, and what it must not load to serve."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

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
    assert name.removeprefix("RETRACE_").lower() in line
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
