"""Keeping what a trace found of an issue, and counting what training could mend."""

from sqlalchemy.orm import Session

from service.clock import now
from service.db.context import everywhere
from service.issues import causes
from service.issues.guard import Sample
from service.trace.actions import trace_of
from service.trace.gathering import Result, results, works
from service.trace.schemas import Assessed
from service.trace.subjects import of_issue


def assess(session: Session, issue: str) -> Assessed:
    """Trace an issue and keep the verdict, to be confirmed or overruled. Raises `NotFound`."""
    known_at = now()
    found = trace_of(session, "issue", issue)
    kept = found.model_dump(mode="json", include={"verdict", "departments", "not_examined", "exposure", "works"})
    made = causes.store(session, issue, kept, list(found.causes), known_at)
    return Assessed(assessment_id=made.id, trace=found)


def count_work(session: Session, issue: str) -> tuple[Sample, Sample] | None:
    """The inspected work of qualified and of unqualified people on an issue's processes; None: it names none."""
    about = of_issue(session, issue, None)
    with everywhere(session):
        processes = set(about.processes) or {row.process_id for row in works(session, None, *about.where)}
        if not processes:
            return None
        found = results(session, processes, about.department, about.at, None)
    return _sample(found.qualified), _sample(found.unqualified)


def _sample(found: tuple[Result, ...]) -> Sample:
    return Sample(sum(each.failed for each in found), len(found))
