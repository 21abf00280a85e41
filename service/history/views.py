"""The event tables of `features.history`, as queries over the records.

Every evidence row becomes one event row per revision, from when it became known until the next revision did. Only
this package knows how rows become events, and only it opens the site attributes' JSON.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, DateTime, Float, Integer, Select, and_, case, cast, func, null, or_, select, union

from service.courses.tables import Course, CourseCover, Requirement, TrainingRecord
from service.history.difficulties import difficulties
from service.history.inspections import findings, inspections
from service.history.revised import Only, asked, attributes, coded, day, event, moment, revised
from service.issues.tables import Issue
from service.people.tables import Assignment, Department, Employee, Post, Shift
from service.processes.tables import Process, ProcessVersion
from service.standards.tables import Standard, StandardVersion
from service.work.tables import Batch, BatchInput, WorkRecord

Keys = Mapping[str, Sequence[str]]


def views(keys: Keys, zone: str, narrow: Mapping[str, Only] = MappingProxyType({})) -> dict[str, Select[Any]]:
    """The query behind each event table.

    `keys`: the site attributes known of each record table, in order; `zone`: the site's time zone; `narrow`: event
    table -> which of the records behind it are asked for, where not all are.
    """
    only = narrow.get
    return {
        "employees": _employees(keys, only("employees")), "departments": _departments(keys),
        "processes": _processes(keys), "assignments": _assignments(),
        "requirements": _requirements(only("requirements")), "course_standards": _course_standards(),
        "standard_changes": _standard_changes(only("changes")),
        "process_changes": _process_changes(only("changes")), "process_standards": _process_standards(),
        "retraining": _retraining(only("retraining")), "work": _work(keys, only("work")),
        "batches": batches(only("batches")), "batch_inputs": _batch_inputs(only("batch_inputs")),
        "inspections": inspections(keys.get("inspections", ()), only("inspections")),
        "findings": findings(only("inspections")), "difficulties": difficulties(only("difficulties")),
        "issues": _issues(only("issues")), "shifts": _shifts(zone, only("shifts")),
    }


def _employees(keys: Keys, only: Only) -> Select[Any]:
    row = Employee.__table__
    return select(
        row.c.code.label("employee_code"), day(row.c.hired_on).label("hired_at"), day(row.c.left_on).label("left_at"),
        *attributes(row, keys.get("employees", ())),
    ).where(asked(row, only))


def _departments(keys: Keys) -> Select[Any]:
    row = Department.__table__
    rows = select(
        row.c.code.label("department_code"), row.c.function, *attributes(row, keys.get("departments", ()))
    )
    return coded(rows, parent_code=(Department, row.c.parent_id))


def _processes(keys: Keys) -> Select[Any]:
    row = Process.__table__
    rows = select(row.c.code.label("process_code"), *attributes(row, keys.get("processes", ())))
    return coded(rows, department_code=(Department, row.c.department_id))


def _assignments() -> Select[Any]:
    row = Assignment.__table__
    return coded(
        select(day(row.c.from_date).label("from_at"), day(row.c.to_date).label("to_at")),
        employee_code=(Employee, row.c.employee_id), department_code=(Department, row.c.department_id),
        post_code=(Post, row.c.post_id),
    )  # fmt: skip


def _requirements(only: Only) -> Select[Any]:
    row, course = Requirement.__table__, Course.__table__
    rows = (
        select(
            course.c.code.label("course_code"),
            func.coalesce(row.c.validity_days, course.c.validity_days).label("validity_days"),
        )
        .select_from(row).join(course, course.c.id == row.c.course_id)
        .where(row.c.process_id.is_not(None), asked(row, only))
    )
    return coded(rows, process_code=(Process, row.c.process_id))


def _course_standards() -> Select[Any]:
    cover, course, standard = CourseCover.__table__, Course.__table__, Standard.__table__
    return (
        select(course.c.code.label("course_code"), standard.c.code.label("standard_code"))
        .select_from(cover.join(course, course.c.id == cover.c.course_id))
        .join(standard, standard.c.id == cover.c.standard_id)
        .distinct()
    )


def _followed() -> Any:
    """Which process follows, in any of its versions, which standard, and since when that could be known."""
    version = ProcessVersion.__table__
    listed = select(
        version.c.process_id, version.c.known_at, func.unnest(version.c.standards).label("code")
    ).subquery("listed")
    demanded = StandardVersion.__table__
    return (
        select(listed.c.process_id, demanded.c.standard_id, func.min(listed.c.known_at).label("known_at"))
        .join(demanded, demanded.c.code == listed.c.code)
        .group_by(listed.c.process_id, demanded.c.standard_id)
        .subquery("followed")
    )


def _standard_changes(only: Only) -> Select[Any]:
    version, followed = StandardVersion.__table__, _followed()
    rows = select(
        version.c.version, moment(version.c.effective_at).label("occurred_at"),
        moment(func.greatest(version.c.known_at, followed.c.known_at)).label("known_at"),
        cast(null(), DateTime()).label("superseded_at"),
    ).join(followed, followed.c.standard_id == version.c.standard_id).where(asked(followed, only))
    return coded(
        rows, process_code=(Process, followed.c.process_id), standard_code=(Standard, version.c.standard_id)
    )


def _process_changes(only: Only) -> Select[Any]:
    version = ProcessVersion.__table__
    rows = select(
        version.c.version, moment(version.c.effective_at).label("occurred_at"),
        moment(version.c.known_at).label("known_at"), cast(null(), DateTime()).label("superseded_at"),
    ).where(asked(version, only))
    return coded(rows, process_code=(Process, version.c.process_id))


def _process_standards() -> Select[Any]:
    version, demanded = ProcessVersion.__table__, StandardVersion.__table__
    rows = select(
        version.c.version, demanded.c.version.label("standard_version"),
        moment(version.c.effective_at).label("occurred_at"),
        moment(func.greatest(version.c.known_at, demanded.c.known_at)).label("known_at"),
        cast(null(), DateTime()).label("superseded_at"),
    ).join(demanded, demanded.c.code == func.any(version.c.standards))
    return coded(
        rows, process_code=(Process, version.c.process_id), standard_code=(Standard, demanded.c.standard_id)
    )


def _taught() -> Any:
    """Which course concerns which process: directly, or, since that was known, through a standard it follows."""
    cover, followed = CourseCover.__table__, _followed()
    always = cast(null(), DateTime(timezone=True)).label("known_at")
    directly = select(cover.c.course_id, cover.c.process_id, always).where(cover.c.process_id.is_not(None))
    through = (
        select(cover.c.course_id, followed.c.process_id, followed.c.known_at)
        .join(followed, followed.c.standard_id == cover.c.standard_id)
        .where(cover.c.process_id.is_(None))
    )
    either = union(directly, through).subquery("either")
    since = case((func.bool_or(either.c.known_at.is_(None)), null()), else_=func.min(either.c.known_at))
    return (
        select(either.c.course_id, either.c.process_id, since.label("known_at"))
        .group_by(either.c.course_id, either.c.process_id)
        .subquery("taught")
    )


def _retraining(only: Only) -> Select[Any]:
    record, taught = revised(TrainingRecord, only), _taught()
    rows = select(
        record.c.code.label("record_code"), record.c.standard_version,
        moment(record.c.assigned_at).label("assigned_at"), record.c.result, record.c.score,
        cast(record.c.minutes, Float(53)).label("minutes"), moment(record.c.completed_at).label("occurred_at"),
        moment(func.greatest(record.c.known_at, taught.c.known_at)).label("known_at"),
        moment(record.c.superseded_at).label("superseded_at"),
    ).join(taught, taught.c.course_id == record.c.course_id)
    return coded(
        rows, employee_code=(Employee, record.c.employee_id), process_code=(Process, taught.c.process_id),
        course_code=(Course, record.c.course_id),
    )  # fmt: skip


def _work(keys: Keys, only: Only) -> Select[Any]:
    record, process = revised(WorkRecord, only), Process.__table__
    rows = select(
        record.c.code.label("work_code"), process.c.code.label("process_code"), record.c.process_version,
        moment(record.c.finished_at).label("finished_at"), record.c.self_check,
        cast(cast(record.c.supervised_by_id.is_not(None), Integer), BigInteger).label("supervised"),
        *event(record, record.c.started_at), *attributes(record, keys.get("work_records", ())),
    ).join(process, process.c.id == record.c.process_id)
    return coded(
        rows, employee_code=(Employee, record.c.employee_id), post_code=(Post, record.c.post_id),
        batch_code=(Batch, record.c.batch_id), department_code=(Department, process.c.department_id),
    )  # fmt: skip


def batches(only: Only = None) -> Select[Any]:
    """One row per revision of a batch. `only`: which batches are asked for."""
    batch = revised(Batch, only)
    rows = select(batch.c.code.label("batch_code"), batch.c.product, *event(batch, batch.c.started_at))
    return coded(rows, process_code=(Process, batch.c.process_id))


def _batch_inputs(only: Only) -> Select[Any]:
    """Inputs in force: from when the revision they came with was known until a revision with another set was."""
    part, batch, root = BatchInput.__table__, Batch.__table__.alias("batch"), Batch.__table__.alias("root")
    other, next_set = BatchInput.__table__.alias("other"), Batch.__table__.alias("next_set")
    replaced = (
        select(func.min(next_set.c.known_at))
        .join(other, other.c.revision == next_set.c.revision)
        .where(other.c.batch_id == part.c.batch_id, next_set.c.code == batch.c.code,
               other.c.revision > part.c.revision)
    )
    rows = select(
        batch.c.code.label("batch_code"), moment(batch.c.started_at).label("occurred_at"),
        moment(batch.c.known_at).label("known_at"), moment(replaced.scalar_subquery()).label("superseded_at"),
    ).select_from(
        part.join(root, root.c.id == part.c.batch_id).join(
            batch, and_(batch.c.code == root.c.code, batch.c.revision == part.c.revision)
        )
    ).where(asked(part, only))
    return coded(rows, input_code=(Batch, part.c.input_id))


def _issues(only: Only) -> Select[Any]:
    issue = revised(Issue, only)
    rows = select(
        issue.c.code.label("issue_code"), issue.c.kind, cast(null(), BigInteger).label("severity"),
        *event(issue, issue.c.occurred_at),
    )
    return coded(
        rows, department_code=(Department, issue.c.department_id), process_code=(Process, issue.c.process_id),
        batch_code=(Batch, issue.c.batch_id),
    )  # fmt: skip


def _shifts(zone: str, only: Only) -> Select[Any]:
    shift = revised(Shift, only)
    seconds = func.extract("epoch", shift.c.starts_at) + func.extract("epoch", shift.c.ends_at)
    middle = func.to_timestamp(seconds / 2)
    hour = func.extract("hour", func.timezone(zone, middle))
    rows = select(
        moment(shift.c.ends_at).label("ends_at"),
        cast(case((or_(hour >= 22, hour < 6), 1), else_=0), BigInteger).label("night"),
        *event(shift, shift.c.starts_at),
    )
    return coded(
        rows, employee_code=(Employee, shift.c.employee_id), department_code=(Department, shift.c.department_id)
    )
