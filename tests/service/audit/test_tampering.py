"""Every kind of tampering with a sealed trail is found; done by the owner, with the triggers that forbid it off."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select, text, update
from sqlalchemy.orm import Session

from service.audit import checkpoints
from service.audit.chain import START, Checkpoint, Linked, faults, link
from service.audit.sealing import opened, seal
from service.audit.tables import AuditEvent, AuditIdentity, AuditKey, ChainLink
from service.audit.verify import Verified, verify
from service.people.tables import Department, Employee
from service.settings import settings
from tests.service.database import Database

EVENTS = 12


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's checkpoints are kept."""
    monkeypatch.setenv("RETRACE_CHECKPOINTS", str(tmp_path / "checkpoints.jsonl"))
    settings.cache_clear()
    yield tmp_path / "checkpoints.jsonl"
    monkeypatch.undo()
    settings.cache_clear()


def _seal(engine: Engine) -> Checkpoint | None:
    with Session(engine) as session, session.begin():
        return seal(session)


def _verified(engine: Engine, known: list[Checkpoint]) -> Verified:
    with Session(engine) as session:
        return verify(session, known)


@pytest.fixture
def sealed(own: Database, record_property: Callable[[str, object], None]) -> Iterator[Checkpoint]:
    """Some events at the chain's end; whatever a test does to the trail is undone after it."""
    with Session(own.app) as session, session.begin():
        names = [{"code": f"D{func_id}", "name": "d", "function": "quality"} for func_id in _fresh(session)]
        session.execute(insert(Department), names)
        session.execute(update(Department).values(name="renamed"))
    checkpoint = _seal(own.app)
    assert checkpoint is not None
    tables = ("events", "identities", "chain", "seals")
    with own.owner.begin() as owner:
        for table in tables:
            owner.execute(text(f"CREATE TABLE public.kept_{table} AS TABLE audit.{table}"))
    record_property("kinds of tampering and of honest change told apart", 1)
    yield checkpoint
    with own.owner.begin() as owner:
        for table in tables:
            owner.execute(text(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER"))
            owner.execute(text(f"DELETE FROM audit.{table}"))
            given = "OVERRIDING SYSTEM VALUE " if table == "seals" else ""
            owner.execute(text(f"INSERT INTO audit.{table} {given}SELECT * FROM public.kept_{table}"))
            owner.execute(text(f"ALTER TABLE audit.{table} ENABLE TRIGGER USER"))
            owner.execute(text(f"DROP TABLE public.kept_{table}"))
    assert _verified(own.app, [checkpoint]).faults == ()

def _fresh(session: Session) -> range:
    known = session.scalar(select(func.count()).select_from(Department)) or 0
    return range(known, known + EVENTS)


def _tamper(engine: Engine, *statements: str, **values: object) -> None:
    with engine.begin() as owner:
        for table in ("events", "chain", "seals"):
            owner.execute(text(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER"))
        for statement in statements:
            owner.execute(text(statement), values)


def test_what_nobody_touched_is_as_it_was_written(own: Database, sealed: Checkpoint) -> None:
    found = _verified(own.app, [sealed])
    assert found.faults == ()
    assert found.chained == sealed.position


@pytest.mark.parametrize("column", [
    "at = at + interval '1 microsecond'", "origin = 'cli'", "account_id = 7", "request = 'x'", "reason = 'x'",
    "action = 'read'", "table_name = 'x'", "row_id = row_id + 1", "code = 'x'", "digest = 'x'",
    """old = '{"a": 1}'""", """new = '{"a": 1}'""",
])
def test_an_edited_event_is_found(own: Database, sealed: Checkpoint, column: str) -> None:
    _tamper(own.owner, f"UPDATE audit.events SET {column} WHERE id = (SELECT event_id FROM audit.chain"
                       " WHERE position = :at)", at=sealed.position - 5)
    (fault,) = _verified(own.app, [sealed]).faults
    assert (fault.position, "edited" in fault.problem) == (sealed.position - 5, True)


def test_a_deleted_event_is_found(own: Database, sealed: Checkpoint) -> None:
    _tamper(own.owner, "DELETE FROM audit.events WHERE id = (SELECT event_id FROM audit.chain WHERE position = :at)",
            at=sealed.position - 3)
    (fault,) = _verified(own.app, [sealed]).faults
    assert fault.position == sealed.position - 3
    assert "was deleted" in fault.problem


def test_a_deleted_event_is_found_though_its_link_went_too(own: Database, sealed: Checkpoint) -> None:
    _tamper(
        own.owner, "DELETE FROM audit.events WHERE id = (SELECT event_id FROM audit.chain WHERE position = :at)",
        "DELETE FROM audit.chain WHERE position = :at", at=sealed.position - 3,
    )
    (fault,) = _verified(own.app, [sealed]).faults
    assert (fault.position, "missing" in fault.problem) == (sealed.position - 3, True)


def test_reordered_events_are_found(own: Database, sealed: Checkpoint) -> None:
    _tamper(
        own.owner,
        "ALTER TABLE audit.chain DROP CONSTRAINT uq_chain_event_id",
        "UPDATE audit.chain c SET event_id = d.event_id FROM audit.chain d"
        " WHERE (c.position, d.position) IN ((:one, :two), (:two, :one))",
        "ALTER TABLE audit.chain ADD CONSTRAINT uq_chain_event_id UNIQUE (event_id)",
        one=sealed.position - 4, two=sealed.position - 2,
    )
    assert [fault.position for fault in _verified(own.app, [sealed]).faults] == [
        sealed.position - 4, sealed.position - 2
    ]


def test_a_trail_that_was_cut_off_is_found_by_the_checkpoint_outside(own: Database, sealed: Checkpoint) -> None:
    _tamper(
        own.owner, "DELETE FROM audit.events WHERE id IN (SELECT event_id FROM audit.chain WHERE position > :at)",
        "DELETE FROM audit.chain WHERE position > :at", "DELETE FROM audit.seals WHERE position > :at",
        at=sealed.position - 6,
    )
    assert _verified(own.app, []).faults == ()  # without the checkpoint nothing could tell
    (fault,) = _verified(own.app, [sealed]).faults
    assert "6 more events" in fault.problem


def test_a_chain_made_anew_over_edited_events_is_found_by_the_checkpoint_outside(
    own: Database, sealed: Checkpoint
) -> None:
    _tamper(own.owner, "UPDATE audit.events SET account_id = 7", "DELETE FROM audit.chain", "DELETE FROM audit.seals")
    again = _seal(own.app)
    assert again is not None
    assert again.position == sealed.position
    assert _verified(own.app, []).faults == ()
    assert "made anew" in _verified(own.app, [sealed]).faults[0].problem


def test_sealing_takes_in_late_commits_once(own: Database, sealed: Checkpoint) -> None:
    early, late = own.app.connect(), own.app.connect()
    try:
        first, second = early.begin(), late.begin()
        early.execute(insert(Department).values(code="EARLY", name="x", function="quality"))
        late.execute(insert(Department).values(code="LATE", name="x", function="quality"))
        second.commit()
        assert _seal(own.app) is None  # the older transaction still runs
        first.commit()
        checkpoint = _seal(own.app)
    finally:
        early.close()
        late.close()
    assert checkpoint is not None
    assert checkpoint.position == sealed.position + 2
    assert _seal(own.app) is None
    assert _verified(own.app, [sealed, checkpoint]).faults == ()


def test_what_identifies_somebody_is_encrypted_and_lost_with_the_key(own: Database, sealed: Checkpoint) -> None:
    with Session(own.app) as session, session.begin():
        session.execute(insert(Employee).values(code="E1", name="Li Wei"))
        session.execute(update(Employee).values(name="Li Min"))
    checkpoint = _seal(own.app)
    with Session(own.app) as session:
        row = session.scalars(select(AuditIdentity).order_by(AuditIdentity.event_id.desc())).first()
        assert row is not None
        assert row.plain is None
        assert row.sealed is not None
        assert b"Li" not in row.sealed
        key = session.scalar(select(AuditKey.key).where(AuditKey.subject == row.subject))
        assert opened(key, row.event_id, row.sealed) == {"old": {"name": "Li Wei"}, "new": {"name": "Li Min"}}
        assert opened(None, row.event_id, row.sealed) is None
        assert opened(key, row.event_id + 1, row.sealed) is None
    _tamper(own.owner, "DELETE FROM audit.keys")
    assert checkpoint is not None
    assert _verified(own.app, [checkpoint]).faults == ()  # an erasure leaves the chain whole


def test_checkpoints_are_appended_and_read_back(outside: Path) -> None:
    assert checkpoints.kept() == []
    first, second = Checkpoint(3, b"\x01" * 32), Checkpoint(9, b"\x02" * 32)
    checkpoints.keep(first)
    checkpoints.keep(second)
    assert checkpoints.kept() == [first, second]
    assert outside.stat().st_mode & 0o777 == 0o600
    outside.write_text(outside.read_text() + "{broken\n")
    with pytest.raises(Exception, match="line 3 is no checkpoint"):
        checkpoints.kept()


def _chain(lines: list[str]) -> list[Linked]:
    made, before = [], START
    for position, line in enumerate(lines, 1):
        before = link(before, position, line)
        made.append(Linked(position, position * 10, before, line))
    return made


Damage = Callable[[list[Linked], int], list[Linked]]

DAMAGES: dict[str, Damage] = {
    "edited": lambda links, at: [
        Linked(one.position, one.event_id, one.hash, f"{one.line}!") if n == at else one for n, one in enumerate(links)
    ],
    "deleted": lambda links, at: [
        Linked(one.position, one.event_id, one.hash, None) if n == at else one for n, one in enumerate(links)
    ],
    "removed": lambda links, at: links[:at] + links[at + 1 :],
    "cut": lambda links, at: links[:at],
}


@pytest.mark.parametrize("kind", DAMAGES)
@given(st.lists(st.text(), min_size=1, max_size=20), st.data())
def test_no_single_damage_goes_unnoticed(kind: str, lines: list[str], data: st.DataObject) -> None:
    whole = _chain(lines)
    known = [Checkpoint(whole[-1].position, whole[-1].hash)]
    assert list(faults(whole, known)) == []
    at = data.draw(st.integers(0, len(whole) - 1))
    assert list(faults(DAMAGES[kind](whole, at), known)) != []


def test_the_trail_can_be_counted(own: Database, sealed: Checkpoint) -> None:
    with Session(own.app) as session:
        events = session.scalar(select(func.count()).select_from(AuditEvent))
        assert events == session.scalar(select(func.count()).select_from(ChainLink))
