"""What a backup and a restore owe to the trail: nothing sealed is lost unsaid."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from service.audit import checkpoints
from service.audit.chain import Checkpoint
from service.audit.context import note
from service.audit.sealing import last_seal, seal
from service.audit.verify import verify
from service.db.context import tell
from service.errors import Conflict, RetraceError
from service.events.tables import Outgoing


def before_backup(engine: Engine) -> dict[str, Any]:
    """Seal the trail, and say how far its chain goes: a backup made now holds at least that."""
    with Session(engine) as session, session.begin():
        made = seal(session)
        end = made or last_seal(session)
    if made is not None:
        checkpoints.keep(made)
    return {"position": end.position, "hash": end.hash.hex()}


def refuse_loss(told: Mapping[str, Any], reason: str | None) -> None:
    """Raise `Conflict` where the checkpoints outside know more than a backup holds and nobody said why it is given up.

    Raises `RetraceError` where they know another chain than the backup's.
    """
    known = checkpoints.kept()
    same = [point for point in known if point.position == told["position"]]
    if any(point.hash.hex() != told["hash"] for point in same):
        raise RetraceError(f"The backup's audit trail is not the one that {checkpoints.place()} knows; take another.")
    lost = max((point.position for point in known), default=0) - told["position"]
    if lost > 0 and reason is None:
        raise Conflict(
            f"The backup lacks {lost:,} audit events that {checkpoints.place()} knows of; to give them and what they "
            "tell of up, give --force and --reason TEXT."
        )


def after_restore(engine: Engine, told: Mapping[str, Any], file: str, reason: str | None) -> None:
    """Verify the restored trail, go on with it, and put the restore on record.

    Raises `RetraceError` where the trail is not whole, or ends before what the backup said of it.
    """
    known = [point for point in checkpoints.kept() if point.position <= told["position"]]
    end = Checkpoint(told["position"], bytes.fromhex(told["hash"]))
    with Session(engine) as session, session.begin():
        found = verify(session, [*known, end] if end.position else known)
        if found.faults:
            raise RetraceError(f"The restored audit trail is not whole: {found.faults[0]}; restore another backup.")
        tell(session, origin="cli", reason=reason or "")
        # transactions are numbered anew here: what was not yet sealed or told of belongs to none that still runs
        checkpoint = seal(session, everything=True) or last_seal(session)
        session.execute(update(Outgoing).where(Outgoing.position.is_(None)).values(txid=0))
        note(session, "restore", "backup", file, {"position": end.position})
    checkpoints.give_up_after(checkpoint, reason)
