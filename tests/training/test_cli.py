"""The command line: exit codes, one clear line, fast help."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from training import cli


@pytest.fixture
def run(units, tmp_path, monkeypatch, capsys):
    """Run a command on the synthetic history; returns exit code, stdout, stderr."""
    from models.registry import Registry

    monkeypatch.setattr(cli, "history", lambda: units)
    monkeypatch.setattr(cli, "registry", lambda: Registry(tmp_path))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["retrace-train", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return call


def test_fit_promote_rank_leaderboard_and_rollback(run, tmp_path):
    until = ["--until", "2025-11-01"]
    assert "first champion" in run("fit", "risk-unit", *until)[1]
    assert "challenges the champion" in run("fit", "risk-unit", *until)[1]
    assert run("promote", "risk-unit", "2")[0] == 0
    assert "version 1 is the champion again" in run("rollback", "risk-unit")[1]
    code, out, _ = run("leaderboard", "risk-unit", "--json")
    assert (code, [row["version"] for row in json.loads(out)]) == (0, [2, 1])
    listed = tmp_path / "list.csv"
    code, out, _ = run("rank", "risk-unit", "--as-of", "2025-12-10", "--out", str(listed))
    assert (code, out.strip().endswith("ranked by retrace-risk-unit/1.")) == (0, True)
    assert listed.read_text().splitlines()[0].startswith("department_code,inspection_code,score,probability,rank,")


def test_evaluate_prints_a_table_or_json(run):
    window = ["evaluate", "risk-unit", "--from", "2025-09-01", "--to", "2025-11-01"]
    code, out, _ = run(*window, "--json")
    assert code == 0
    assert set(json.loads(out)["table"]) >= {"model", "random"}
    assert "within-inspector AUC" in run(*window)[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fit", "bonus"], "choose one of need, risk-work, risk-unit"),
        (["fit", "risk-unit", "--until", "2019-01-01"], "choose a later date"),
        (["rank", "risk-unit", "--as-of", "2019-01-01", "--out", "x.csv"], "the data begins on"),
        (["rank", "risk-unit", "--as-of", "yesterday", "--out", "x.csv"], "is not a date"),
        (["evaluate", "risk-unit", "--from", "2025-09-01", "--to", "2025-08-01"], "must lie after"),
        (["promote", "risk-unit", "7"], "retrace-train fit risk-unit"),
        (["rollback", "risk-unit"], "no champion before"),
    ],
)
def test_a_users_error_is_one_line_and_exit_1(run, arguments, says):
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err


WRONG = [["fit"], ["fit", "risk-unit", "--horizon", "0"], ["unknown"], ["promote", "need", "x"]]


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_is_exit_2(run, arguments):
    assert run(*arguments)[0] == 2


def test_a_bare_date_is_that_days_start_at_the_site(monkeypatch):
    from service.settings import settings

    settings.cache_clear()
    monkeypatch.setenv("RETRACE_TIMEZONE", "Asia/Shanghai")
    there = cli.moment("--from", "2026-01-31")
    assert there.isoformat() == "2026-01-30T16:00:00"
    assert cli.moment("--from", "2026-01-31T00:00+00:00") - there == timedelta(hours=8)
    settings.cache_clear()


def test_help_loads_nothing_heavy():
    program = (
        "import sys; sys.argv = ['retrace-train', '--help']\n"
        "from training.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('mlflow', 'lightgbm', 'pandas', 'ibis', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_command_has_help():
    for command in ("fit", "rank", "evaluate", "leaderboard", "promote", "rollback", "world"):
        assert CliRunner().invoke(cli.app, [command, "--help"]).exit_code == 0
