"""The database's part: PostgreSQL's own programs, run as the owner of the schema.

Passwords reach them by the environment, never by their arguments: those are for all to see.
"""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, text

from service.db.binaries import client_programs
from service.db.roles import OWNER
from service.errors import Unavailable

#: what belongs to Retrace; a site's database may hold other things
_SCHEMAS = ("public", "jobs", "audit", "scope")
_FIRST = ("accounts", "departments", "employees", "processes", "standards", "courses")


def revision(owner: Engine) -> str:
    """The schema's revision."""
    with owner.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def has_records(owner: Engine) -> bool:
    """Whether there is anything a restore would replace: every record and every account hangs on one of these."""
    with owner.connect() as connection:
        return any(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})")) for name in _FIRST)  # noqa: S608


def connections(owner: Engine, login: str | None, patience: float = 2.0) -> int:
    """How many others are connected by the service's login; one that is just leaving is waited for."""
    question = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND usename = :login AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + patience
    while True:
        with owner.connect() as connection:
            count = int(connection.scalar(question, {"login": login}) or 0)
        if not count or time.monotonic() > deadline:
            return count
        time.sleep(0.1)


def dump(owner: Engine, file: Path) -> None:
    """Write one consistent picture of the database, while others work on. Raises `Unavailable`."""
    with file.open("wb") as output:
        _run(owner, "pg_dump", [
            "--format=custom", f"--role={OWNER}", "--no-owner", *(f"--schema={name}" for name in _SCHEMAS),
        ], output.fileno())


def replace(owner: Engine, file: Path) -> None:
    """Empty the schemas and fill them from a dump, in one transaction. Raises `Unavailable` and leaves all as it was.

    The script is written out first: one that broke off half-way must never reach the database.
    """
    wanted, script = file.with_name("contents"), file.with_name("script.sql")
    wanted.write_text("\n".join(_contents(file)))
    with script.open("wb") as output:
        _run(None, "pg_restore", ["--no-owner", f"--use-list={wanted}", "--file=-", str(file)], output.fileno())
    emptying = file.with_name("empty.sql")
    emptying.write_text(_EMPTY)
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    _run(owner, "psql", [*options, f"--file={emptying}", f"--file={script}"], subprocess.DEVNULL)


def _contents(file: Path) -> list[str]:
    """What the dump holds, without the schema that every database has: it is never dropped or made."""
    listed = file.with_name("listed")
    with listed.open("wb") as output:
        _run(None, "pg_restore", ["--list", str(file)], output.fileno())
    found = listed.read_text(encoding="utf-8").splitlines()
    return [line for line in found if " SCHEMA - public " not in line and " - SCHEMA public " not in line]


def _run(owner: Engine | None, program: str, arguments: Sequence[str], output: int) -> None:
    """Run one of PostgreSQL's programs on the owner's database. Raises `Unavailable` with what it says."""
    environment, command = dict(os.environ), [str(client_programs() / program), *arguments]
    if owner is not None:
        query = {name: value for name, value in owner.url.query.items() if name != "password"}
        asked = {"host": owner.url.host, "port": owner.url.port, "user": owner.url.username} | query
        place = make_conninfo(dbname=owner.url.database, **{k: str(v) for k, v in asked.items() if v is not None})
        command.append(f"--dbname={place}")
        environment |= {"PGPASSWORD": str(owner.url.password or ""), "PGOPTIONS": f"-c role={OWNER}"}
    ended = subprocess.run(
        command, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE
    )
    if ended.returncode:
        raise Unavailable(f"{program} did not finish: {_first_error(ended.stderr.decode(errors='replace'))}")


def _first_error(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return next(iter(errors or lines), "it does not say why")


#: the owner's own objects, extensions left alone; what they hold goes with them
_EMPTY = """
DO $$
DECLARE thing record;
BEGIN
  DROP SCHEMA IF EXISTS jobs CASCADE;
  DROP SCHEMA IF EXISTS audit CASCADE;
  DROP SCHEMA IF EXISTS scope CASCADE;
  FOR thing IN
    SELECT named.type, named.identity FROM (
      SELECT 'pg_class'::regclass AS class, oid, relowner AS owner FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      UNION ALL SELECT 'pg_proc'::regclass, oid, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL SELECT 'pg_type'::regclass, oid, typowner FROM pg_type
       WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd', 'r')
    ) AS ours, pg_identify_object(ours.class, ours.oid, 0) AS named
    WHERE ours.owner = current_user::regrole
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = ours.class AND objid = ours.oid AND deptype = 'e')
    ORDER BY named.type = 'sequence'
  LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE', thing.type, thing.identity);
  END LOOP;
END $$;
"""
