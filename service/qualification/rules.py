"""Pure rules of qualification."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

#: why a demand is not met, gravest first: of several, a person is told the first
GRAVITY = ("not_trained", "failed", "expired", "superseded_version")


@dataclass(frozen=True)
class Taught:
    """A finished training record of the course in question."""

    completed_at: datetime
    result: str
    standard_version: str | None


@dataclass(frozen=True)
class Demand:
    """What a process demands of whoever does it, at one moment."""

    validity_days: int | None
    #: the version in force of the standard the course teaches, if it teaches just one
    version_in_force: str | None


def gap(records: Sequence[Taught], demand: Demand, at: datetime) -> str | None:
    """Why a person does not meet a demand at a moment, or None if they do.

    The last passed record counts; it must not have expired and must have taught the version in force (a record that
    names no version is taken at its word; a version may be written `3` or `STD@3`). Without one, `failed` if the last
    try failed, else `not_trained`.
    """
    past = sorted((record for record in records if record.completed_at <= at), key=lambda record: record.completed_at)
    passed = [record for record in past if record.result == "passed"]
    if not passed:
        return "failed" if past and past[-1].result == "failed" else "not_trained"
    last = passed[-1]
    if demand.validity_days is not None and last.completed_at + timedelta(days=demand.validity_days) <= at:
        return "expired"
    taught, in_force = last.standard_version, demand.version_in_force
    if taught is not None and in_force is not None and taught.rpartition("@")[2] != in_force:
        return "superseded_version"
    return None
