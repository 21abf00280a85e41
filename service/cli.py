"""`retrace`: for those who run it."""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from service import logs
from service.command import run
from service.errors import RetraceError, Unavailable
from service.settings import Settings, settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)


def main() -> None:
    """Exit 0 on success, 1 on a user's error with one clear line, 2 on wrong usage."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that exit handlers run, and PostgreSQL stops with us
    run(app, "retrace")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def _database() -> Engine:
    """The service's engine over an up-to-date schema."""
    from service.app import connect
    from service.db.engine import app_engine, owner_engine
    from service.migrations import upgrade

    upgrade(owner_engine())
    connect()
    return app_engine()


@contextmanager
def _transaction(engine: Engine, **told: str) -> Iterator[Session]:
    """A transaction of this command line, committed in the end; its audit says so."""
    from service.db.context import tell

    with Session(engine) as session, session.begin():
        tell(session, origin="cli", **told)
        yield session


@app.command()
def serve() -> None:
    """Serve the console and the API, with the worker and MLflow's pages beside them."""
    import uvicorn

    from service.sectors.reading import sector

    given = settings()
    sector()  # what is wrong with it is said before anything starts
    _refuse_busy(given.port)
    engine = _database()
    logs.configure("server", given)
    from service.app import compose, settle

    application = compose(engine)
    settle()
    with _beside(given) as with_mlflow:
        _announce(engine, given, with_mlflow=with_mlflow)
        uvicorn.run(
            application, host="127.0.0.1", port=given.port, log_config=None, access_log=False, server_header=False
        )


def _refuse_busy(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            problem = f"Port {port} is in use; stop what uses it, or choose another with RETRACE_PORT."
            raise Unavailable(problem) from error


@contextmanager
def _beside(given: Settings) -> Iterator[bool]:
    """The worker and MLflow's pages, ended with us; whether MLflow's port was free."""
    children = [subprocess.Popen([sys.executable, "-c", "from service.worker import main; main()"])]
    try:
        _refuse_busy(given.mlflow_port)
        children.append(_mlflow(given))
    except Unavailable:
        _say(f"MLflow's pages are not served: port {given.mlflow_port} is in use; set RETRACE_MLFLOW_PORT.")
    try:
        yield len(children) > 1
    finally:
        for child in children:
            child.terminate()
        for child in children:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Wait for a child that was told to end; a job it dies over is given back to the next worker."""
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _mlflow(given: Settings) -> subprocess.Popen[bytes]:
    """MLflow's pages, the lean way: one worker, no job execution; on loopback, logging to a file."""
    folder = given.home / "mlflow"
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(given.mlflow_port),
        "--workers", "1", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--default-artifact-root", str(folder / "artifacts"),
    ]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "server.log").open("ab") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)


def _announce(engine: Engine, given: Settings, *, with_mlflow: bool) -> None:
    from service.demo import LOGINS, has_demo_accounts
    from service.people.actions import ensure_administrator
    from service.people.rules import new_password

    _say(f"\nRetrace   http://127.0.0.1:{given.port}        API  http://127.0.0.1:{given.port}/docs")
    if with_mlflow:
        _say(f"MLflow    http://127.0.0.1:{given.mlflow_port}        (a few seconds later)")
    password = new_password()
    with _transaction(engine) as session:
        if ensure_administrator(session, password):
            _say(f"\nThe first administrator signs in as admin with the one-time password {password}")
        if has_demo_accounts(session):
            _say("\nDemo logins:")
            for login in LOGINS:
                _say(f"  {login.login:<12}{login.password:<18}{login.shows}")
    _say("\nStop with Ctrl-C.")


@app.command()
def demo(
    sector: Annotated[str | None, typer.Option(help="The kind of site; left out: RETRACE_SECTOR")] = None,
    staff: Annotated[int, typer.Option(min=40, max=5000, help="How many people work there")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another site")] = 1,
) -> None:
    """Load a simulated site, train the first models and score it; does nothing where there are records."""
    from service.demo import prepare

    try:
        prepare(_database(), sector or settings().sector, staff, seed, _say)
    except subprocess.CalledProcessError as error:
        raise RetraceError("The demo could not be finished; the line above says why. Run it again to go on.") from error


@app.command("import")
def import_(
    folder: Annotated[Path, typer.Argument(help="A folder of CSV or Parquet files, or one .xlsx")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, load nothing")] = False,
    reason: Annotated[str | None, typer.Option(help="Why recorded evidence is corrected")] = None,
) -> None:
    """Load a folder of tables, all or nothing; then score anew."""
    from service.events.publishing import Event, publish
    from service.exchange.importing import import_folder

    with _transaction(_database(), reason=reason or "") as session:
        report = import_folder(session, folder, reason=reason, dry_run=dry_run, progress=_say)
        if not dry_run:
            publish(session, Event("folder.imported", "site", {"tables": sorted(report.tables)}))
    rows = {name: (outcome.created, outcome.changed, outcome.unchanged) for name, outcome in report.tables.items()}
    _print(("new", "changed", "unchanged"), rows)
    done = "checked, nothing loaded" if dry_run else "loaded"
    _say(f"{sum(map(sum, rows.values())):,} rows {done} in {report.seconds:.1f} s")


@app.command()
def export(folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty")]) -> None:
    """Write all records as a folder of CSV files."""
    from service.audit.context import note
    from service.exchange.exporting import export_folder

    with _transaction(_database().execution_options(isolation_level="REPEATABLE READ")) as session:
        written = export_folder(session, folder, progress=_say)
        note(session, "export", "folder", told=written.tables)
    _print(("rows",), {name: (count,) for name, count in written.tables.items()})
    _say(f"written to {folder} in {written.seconds:.1f} s")


def _print(heads: tuple[str, ...], rows: Mapping[str, tuple[int, ...]]) -> None:
    """A table of counts by record table."""
    print(f"{'':<22}" + "".join(f"{head:>12}" for head in heads))  # noqa: T201
    for name, counts in rows.items():
        print(f"{name:<22}" + "".join(f"{count:>12,}" for count in counts))  # noqa: T201


@app.command()
def account(
    login: Annotated[str, typer.Argument(help="What they type to sign in")],
    role: Annotated[str | None, typer.Option(help="What a new account may do; admin: everything")] = None,
    name: Annotated[str | None, typer.Option(help="Whose it is; left out, the login")] = None,
    department: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="A department it is for; none: all")
    ] = None,
    employee: Annotated[str | None, typer.Option(metavar="CODE", help="The employee whose account it is")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Set a new password and end all sessions")] = False,
    disable: Annotated[bool, typer.Option("--disable", help="Let them in no more")] = False,
) -> None:
    """Make an account with a generated password, shown once; or reset or disable one."""
    from service.people import actions
    from service.people.rules import new_password

    if (role is not None) + reset + disable != 1 or (role is None and (name or employee or department)):
        given = "--role ROLE (with --name, --employee and --department if you like), --reset or --disable"
        raise typer.BadParameter(f"give {given}")
    password = new_password()
    with _transaction(_database()) as session:
        if disable:
            actions.disable_account(session, login)
        elif role is None:
            actions.reset_password(session, login, password)
        else:
            departments = department or ([] if role == "employee" else None)
            actions.add_account(
                session, login, name or login, role, password, employee_code=employee, departments=departments
            ).must_change_password = True
    if disable:
        _say(f"{login} can no longer sign in; `retrace account {login} --reset` lets them in again.")
    else:
        _say(f"{login} signs in with this one-time password. It is shown this once; --reset makes another:")
        print(password)  # noqa: T201


@app.command()
def erase(
    employee: Annotated[str, typer.Argument(metavar="CODE", help="Whose identity is to be forgotten")],
    reason: Annotated[str, typer.Option(help="By what right")],
) -> None:
    """Forget who an employee is, in the records and in the audit trail; what was done stays, under the code."""
    from service.people.erasure import erase as forget

    with _transaction(_database()) as session:
        forget(session, employee, reason)
    _say(f"{employee} is erased. Backups made before still hold the name: let them expire.")


@app.command("stop-models")
def stop_models(reason: Annotated[str, typer.Option(help="Why; it stands beside every list")]) -> None:
    """Put every list back on today's rule, at once; the models go on being fitted and compared, unseen."""
    from service.suggestions.stopping import switch

    with _transaction(_database()) as session:
        switch(session, None, stop=True, reason=_said(reason))
    _say("All models are stopped: every list follows today's rule. `retrace start-models` lets them serve again.")


@app.command("start-models")
def start_models(reason: Annotated[str, typer.Option(help="Why; it is put on record")]) -> None:
    """Let the models serve again after a stop."""
    from service.suggestions.stopping import switch

    with _transaction(_database()) as session:
        switch(session, None, stop=False, reason=_said(reason))
    _say("The models serve again; everyone is scored anew.")


def _said(reason: str) -> str:
    if not reason.strip():
        raise RetraceError("--reason says nothing; say why in a few words")
    return reason.strip()


@app.command()
def binder(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet, or is empty")],
    reason: Annotated[str, typer.Option(help="Who asked for it and why; it is put on record")],
    employee: Annotated[str | None, typer.Option(metavar="CODE", help="Everything about a person")] = None,
    batch: Annotated[str | None, typer.Option(metavar="CODE", help="Everything about a lot, a case or a stay")] = None,
    course: Annotated[str | None, typer.Option(metavar="CODE", help="Everything about a course")] = None,
    since: Annotated[datetime | None, typer.Option(help="With --until: everything from then")] = None,
    until: Annotated[datetime | None, typer.Option(help="Up to, but not including, this moment")] = None,
) -> None:
    """Write everything about one person, batch, course or time into a folder for an inspector from outside."""
    from service.exchange.binder import bind, into_folder
    from service.exchange.schemas import BinderAsked

    zone = settings().zone
    asked = BinderAsked(
        employee_code=employee, batch_code=batch, course_code=course, reason=reason,
        since=since and since.replace(tzinfo=zone), until=until and until.replace(tzinfo=zone),
    )
    with _transaction(_database().execution_options(isolation_level="REPEATABLE READ"), reason=reason) as session:
        made = bind(session, asked, "command line")
        into_folder(session, made, folder)
    _print(("rows",), {name: (len(rows),) for name, rows in made.tables.items()})
    _say(f"written to {folder}; open {folder / 'index.html'}")


@app.command()
def trace(
    batch: Annotated[str | None, typer.Option(metavar="CODE", help="A lot, a case or a stay")] = None,
    employee: Annotated[str | None, typer.Option(metavar="CODE", help="A person, by code or name")] = None,
    unit: Annotated[str | None, typer.Option(metavar="CODE", help="A department seen as a thing inspected")] = None,
    issue: Annotated[str | None, typer.Option(metavar="CODE", help="Something that went wrong")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print data instead of lines")] = False,
) -> None:
    """Say why: from a batch, a person, a unit or an issue to the cause, with its evidence."""
    from service.trace.actions import trace as traced
    from service.trace.schemas import TraceAsked
    from service.trace.text import lines

    if sum(given is not None for given in (batch, employee, unit, issue)) != 1:
        raise typer.BadParameter("give exactly one of --batch, --employee, --unit and --issue")
    asked = TraceAsked(batch_code=batch, employee_code=employee, unit_code=unit, issue_code=issue)
    with _transaction(_database()) as session:
        found = traced(session, asked)
    for line in [found.model_dump_json(indent=2)] if as_json else lines(found):
        print(line)  # noqa: T201


@app.command("verify-audit")
def verify_audit() -> None:
    """Compare the audit trail with its chain and with the checkpoints outside; exits 1 if anything was changed."""
    from service.audit import checkpoints
    from service.audit.verify import verify
    from service.db.engine import app_engine

    with Session(app_engine()) as session:
        found = verify(session, checkpoints.kept())
    for fault in found.faults:
        print(fault)  # noqa: T201
    if found.faults:
        raise RetraceError(f"The audit trail was changed: {len(found.faults)} faults are listed above.")
    _say(f"{found.chained:,} events are as they were written; {found.waiting:,} wait to be sealed.")


@app.command()
def worker() -> None:
    """Run the jobs, where the server runs elsewhere."""
    from service.worker import main as work

    _database()
    work()


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="A file that does not exist yet")]) -> None:
    """Write the database and the models into one file; the server may go on."""
    from service.audit.restoring import before_backup
    from service.backup import backup as back_up
    from service.db.engine import owner_engine

    engine = _database()
    written = back_up(owner_engine(), settings().home, file.absolute(), lambda: before_backup(engine))
    _say(f"{written.bytes:,} bytes written to {file}. It holds personal data: keep it where only you can read it.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `retrace backup` wrote")],
    force: Annotated[bool, typer.Option("--force", help="Replace the records that are there")] = False,
    reason: Annotated[str | None, typer.Option(help="Why they are replaced")] = None,
) -> None:
    """Bring the database and the models back from a backup. Stop the server and its workers first."""
    from service.audit.restoring import after_restore, refuse_loss
    from service.backup import Target
    from service.backup import restore as bring_back
    from service.db.engine import app_engine, owner_engine, serving_login

    if force != bool(reason and reason.strip()):
        raise typer.BadParameter("give --force and --reason TEXT together")
    given = settings()
    target = Target(owner_engine(), given.home, serving_login(), reason)
    restored = bring_back(
        target, file.absolute(), lambda told: refuse_loss(told, reason),
        lambda told: after_restore(app_engine(), told, file.name, reason), _say,
    )
    logs.configure("restore", given)
    told = {"file": str(file), "taken": restored.created_at, "revision": restored.revision, "reason": reason}
    logging.getLogger(__name__).info("restored %s", json.dumps(told, ensure_ascii=False))
    _say(f"restored as of {restored.created_at}; start the server again.")
