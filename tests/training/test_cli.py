"""The command line: exit codes, one clear line, fast help."""

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.contract import ModelError
from training import cli
from training.commands import fit
from training.commands.options import moment
from training.fit import first_known


@pytest.fixture
def run(units, tmp_path, command):
    """Run a command on the synthetic history; returns exit code, stdout, stderr."""
    return command(units, tmp_path)


def test_fit_promote_rank_leaderboard_and_rollback(run, tmp_path):
    until = ["--until", "2025-11-01"]
    assert "first champion" in run("fit", "risk-unit", *until)[1]
    assert "challenges the champion" in run("fit", "risk-unit", *until)[1]
    assert "does not beat the champion" in run("promote", "risk-unit", "2")[2]
    assert run("promote", "risk-unit", "2", "--reason", "to see it at work")[0] == 0
    assert "version 1 is the champion again" in run("rollback", "risk-unit")[1]
    code, out, _ = run("leaderboard", "risk-unit", "--to", "2025-01-20", "--json")
    assert (code, [row["version"] for row in json.loads(out)["versions"]]) == (0, [2, 1])
    listed = tmp_path / "list.csv"
    code, out, _ = run("rank", "risk-unit", "--as-of", "2025-12-10", "--out", str(listed))
    assert (code, out.strip().endswith("ranked by retrace-risk-unit/1.")) == (0, True)
    assert listed.read_text().splitlines()[0].startswith("department_code,inspection_code,score,probability,rank,")


def test_monitor_looks_at_one_target_or_at_all(run, engine):
    code, out, _ = run("monitor", "risk-unit")
    assert (code, out.splitlines()[0]) == (0, "risk-unit (none)")
    code, out, _ = run("monitor", "--json")
    assert (code, [report["target"] for report in json.loads(out)]) == (0, ["need", "risk-work", "risk-unit"])


def test_a_fit_that_only_challenges_is_no_champion_though_it_is_the_first(run, tmp_path):
    from models.registry import Registry

    assert run("fit", "risk-unit", "--until", "2025-11-01", "--challenge")[0] == 0
    registry = Registry(tmp_path)
    assert (registry.champion_version("risk-unit"), registry.challenger_version("risk-unit")) == (None, 1)


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
        (["rank", "risk-unit", "--as-of", "0001-01-01", "--out", "x.csv"], "--as-of '0001-01-01' lies outside"),
        (["fit", "risk-unit", "--until", "9999-12-31T23:59-12:00"], "--until '9999-12-31T23:59-12:00' lies outside"),
        (["evaluate", "risk-unit", "--from", "1899-12-31", "--to", "2025-08-01"], "--from '1899-12-31' lies outside"),
        (["evaluate", "risk-unit", "--from", "2025-09-01", "--to", "2201-01-01"], "--to '2201-01-01' lies outside"),
        (["evaluate", "risk-unit", "--from", "2025-09-01", "--to", "2025-08-01"], "must lie after"),
        (["world", "--out", "x", "--until", "soon"], "--until 'soon' is not a date"),
        (["world", "--out", "x", "--until", "1066-10-14"], "--until '1066-10-14' lies outside"),
        (["world", "--out", "x", "--staff", "39"], "--staff 39, --months 18: a world needs at least 40 staff"),
        (["world", "--out", "x", "--months", "-1"], "a world needs at least 40 staff and 3 months"),
        (["world", "--out", "x", "--sector", "circus"], "--sector 'circus' is not simulated; there is: factory"),
        (["world", "--out", "truth", "--staff", "40", "--months", "3"], "--out truth: the truth must not be inside"),
        (["monitor", "bonus"], "choose one of need, risk-work, risk-unit"),
        (["promote", "risk-unit", "7"], "retrace-train fit risk-unit"),
        (["rollback", "risk-unit"], "no champion before"),
    ],
)
def test_a_users_error_is_one_line_and_exit_1(run, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err


WRONG = [
    ["fit"], ["unknown"], ["promote", "need", "x"],
    ["fit", "risk-unit", "--horizon", "0"], ["fit", "risk-unit", "--horizon", "3651"],
    ["world", "--out", "x", "--seed", "-1"], ["world", "--out", "x", "--staff", "5001"],
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_usage_is_exit_2(run, arguments):
    assert run(*arguments)[0] == 2


def test_what_nobody_foresaw_is_one_line_and_kept(run, tmp_path, monkeypatch):
    from service.settings import settings

    def broken(_):
        raise ValueError("not meant for users")

    monkeypatch.setenv("RETRACE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(fit, "known_target", broken)
    settings.cache_clear()
    code, _, err = run("fit", "need")
    settings.cache_clear()
    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith("retrace-train: something unexpected happened (ValueError: not meant for users)")
    assert "in broken" in (tmp_path / "home" / "error.log").read_text()


def test_on_a_fresh_home_fitting_says_to_import_first():
    with tempfile.TemporaryDirectory(prefix="retrace-tests-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # as root, the server runs as another user
        command = [sys.executable, "-c", "from training.cli import main; main()", "fit", "risk-unit"]
        environment = os.environ | {"RETRACE_HOME": f"{folder}/home"}
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("retrace-train: no inspection")
    assert "import a folder first" in line


def test_history_begins_with_the_first_inspection_of_the_targets_kind(history_of, inspected):
    def at(day: int) -> datetime:
        return datetime(2025, 1, day)  # noqa: DTZ001 - UTC without a zone

    rows = [
        inspected("order", at(1), None, department_code="D", work_code="W"),
        inspected("person", at(2), 0, employee_code="E"),
        inspected("unit", at(3), 0, department_code="D"),
        inspected("need", at(4), 0, employee_code="E", process_code="P"),
        inspected("batch", at(5), 0, batch_code="B"),
    ]
    history = history_of({"inspections": rows})
    found = {target: first_known(history, target, at(9)).day for target in ("need", "risk-unit", "risk-work")}
    assert found == {"need": 4, "risk-unit": 3, "risk-work": 5}
    with pytest.raises(ModelError, match="no inspection for need"):
        first_known(history, "need", at(4))


def test_a_bare_date_is_that_days_start_at_the_site(monkeypatch):
    from service.settings import settings

    settings.cache_clear()
    monkeypatch.setenv("RETRACE_TIMEZONE", "Asia/Shanghai")
    there = moment("--from", "2026-01-31")
    assert there.isoformat() == "2026-01-30T16:00:00"
    assert moment("--from", "2026-01-31T00:00+00:00") - there == timedelta(hours=8)
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
    for command in ("fit", "rank", "evaluate", "leaderboard", "card", "promote", "rollback", "monitor", "world"):
        assert CliRunner().invoke(cli.app, [command, "--help"]).exit_code == 0
