"""A folder of tables becomes records: all of it, or nothing."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.errors import Conflict, Invalid
from service.exchange.parsing import Parser
from service.exchange.problems import refuse_all
from service.exchange.reading import Folder, read_folder
from service.exchange.sources import Source, as_written
from service.exchange.staging import Stage
from service.records.actions import database_time
from service.records.merge import Outcome, merge
from service.records.staged import Staged

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """What became of a folder: each table's outcome, in the order loaded, and how long it took."""

    tables: Mapping[str, Outcome]
    seconds: float


def import_folder(
    session: Session, folder: Path, *, reason: str | None = None, dry_run: bool = False, progress: Progress
) -> Report:
    """Load every table of a folder (or of one `.xlsx` workbook) within the session's transaction, never committing.

    `reason` founds corrections whose rows give none. `progress` is told, line by line, what is being done. A dry run
    does all of it and takes it back.

    Raises `Invalid` with everything wrong in all files, or with what a table's merge refuses; `RetraceError` when
    there is nothing to read; `Conflict` when somebody else stored one of the records meanwhile. Nothing is loaded then.
    """
    started = time.monotonic()
    found = read_folder(folder)
    with session.begin_nested() as attempt:
        try:
            outcomes = _merged(session, _staged(session, found, progress), reason, progress)
        except IntegrityError as error:
            raise Conflict("Somebody else changed the same records meanwhile; import the folder again") from error
        if dry_run:
            attempt.rollback()
    return Report(outcomes, time.monotonic() - started)


def _staged(session: Session, found: Folder, progress: Progress) -> list[tuple[Stage, Staged]]:
    """Every source's rows, staged. Raises `Refused` with all that is wrong in all of them."""
    readable = [source for source in found.sources if not found.problems_of(source.name).total]
    parsed = [_stage(session, source, found, progress) for source in readable]
    refuse_all(found.problems)
    return [(stage, stage.staged(parser)) for stage, parser in parsed]


def _stage(session: Session, source: Source, found: Folder, progress: Progress) -> tuple[Stage, Parser]:
    problems = found.problems_of(source.name)
    parser = Parser(source, problems)
    stage = Stage(session, source)
    rows = 0
    for batch in parser.batches():
        rows += batch.num_rows
        if not problems.total:
            stage.take(batch)
        progress(f"{source.name}: {rows:,} rows read")
    return stage, parser


def _merged(
    session: Session, staged: list[tuple[Stage, Staged]], reason: str | None, progress: Progress
) -> dict[str, Outcome]:
    at = database_time(session)
    outcomes = {}
    for stage, rows in staged:
        progress(f"{rows.source}: storing")
        try:
            outcomes[rows.table.name] = merge(session, rows, at, reason)
        except Invalid as error:
            raise as_written(stage.source, error) from error
        stage.drop()
    return outcomes
