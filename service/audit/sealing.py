"""Sealing: what was written since the last time is encrypted where it identifies somebody, and chained.

A sealing takes in every transaction that had ended when it began and that none before took in; so late commits are
never passed over, whatever the order of their ids.
"""

import json
import os
from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import BigInteger, Select, Text, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from service.audit.chain import START, Checkpoint, link
from service.audit.tables import LINES, AuditEvent, AuditIdentity, AuditKey, ChainLink, Seal

#: the advisory lock of who seals (any number of our own)
_SEALING = 0x7265_7365
_AT_ONCE = 10_000
_NONCE = 12


def last_seal(session: Session) -> Checkpoint:
    """How far the chain goes."""
    last = session.execute(select(Seal.position, Seal.hash).order_by(Seal.id.desc()).limit(1)).first()
    return Checkpoint(last.position, bytes(last.hash)) if last else Checkpoint(0, START)


def seal(session: Session, *, everything: bool = False) -> Checkpoint | None:
    """Chain what was written by transactions that have ended; how far the chain now goes, None if nothing was new.

    `everything`: whatever its transaction's number, as after a restore, when nobody else writes. The checkpoint is to
    be kept outside once the transaction is committed.
    """
    session.execute(select(func.pg_advisory_xact_lock(_SEALING)))
    last = session.execute(select(Seal.position, Seal.hash, Seal.upto_txid).order_by(Seal.id.desc()).limit(1)).first()
    position, before, since = last or (0, START, 0)
    upto = session.execute(_oldest_running()).scalar_one()
    ids = session.scalars(_unchained() if everything else _ended(since, upto)).all()
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        _encrypt(session, some)
        links = []
        for event_id, line in _lines(session, some):
            position += 1
            before = link(before, position, line)
            links.append({"position": position, "event_id": event_id, "hash": before})
        session.execute(insert(ChainLink), links)
    if not ids and not everything:
        return None
    session.execute(insert(Seal).values(position=position, hash=before, upto_txid=upto))
    return Checkpoint(position, before)


def _oldest_running() -> Select[int]:
    """The first transaction that may still commit."""
    xmin = func.pg_snapshot_xmin(func.pg_current_snapshot())
    return select(cast(cast(xmin, Text), BigInteger))


def _ended(since: int, upto: int) -> Select[int]:
    """Unchained events of transactions in [since, upto)."""
    return _unchained().where(AuditEvent.txid >= since, AuditEvent.txid < upto)


def _unchained() -> Select[int]:
    chained = select(ChainLink.event_id).where(ChainLink.event_id == AuditEvent.id).exists()
    return select(AuditEvent.id).where(~chained).order_by(AuditEvent.id)


def _lines(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, str]]:
    found = session.execute(select(LINES.c.id, LINES.c.line).where(LINES.c.id.in_(ids)).order_by(LINES.c.id))
    return ((event_id, line) for event_id, line in found)


def _encrypt(session: Session, ids: Sequence[int]) -> None:
    """Replace what identifies somebody by its encryption under that person's key."""
    plain = session.execute(
        select(AuditIdentity.event_id, AuditIdentity.subject, AuditIdentity.plain).where(
            AuditIdentity.event_id.in_(ids), AuditIdentity.plain.is_not(None)
        )
    ).all()
    if not plain:
        return
    keys = _keys(session, {row.subject for row in plain})
    sealed = [
        {"event_id": row.event_id, "plain": None, "sealed": _sealed(keys[row.subject], row.event_id, row.plain)}
        for row in plain
    ]
    session.execute(update(AuditIdentity), sealed)


def _keys(session: Session, subjects: set[str]) -> dict[str, bytes]:
    fresh = [{"subject": subject, "key": AESGCM.generate_key(256)} for subject in sorted(subjects)]
    session.execute(upsert(AuditKey).values(fresh).on_conflict_do_nothing())
    found = session.execute(select(AuditKey.subject, AuditKey.key).where(AuditKey.subject.in_(subjects)))
    return {subject: bytes(key) for subject, key in found}


def _sealed(key: bytes, event_id: int, plain: object) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, json.dumps(plain).encode(), str(event_id).encode())


def opened(key: bytes | None, event_id: int, sealed: bytes) -> dict[str, dict[str, object]] | None:
    """What an event says of somebody's identity; None once their key is gone, or where it was tampered with."""
    if key is None:
        return None
    try:
        told = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], str(event_id).encode())
    except InvalidTag:
        return None
    said: dict[str, dict[str, object]] = json.loads(told)
    return said
