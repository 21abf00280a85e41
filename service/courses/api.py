"""Routes: the records of courses, requirements, training records and surveys; continuing-education credits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access import Transaction, allow
from service.audit.reads import personal
from service.courses.credits import CreditsRead, credits_of
from service.courses.tables import Course, CourseCover, Requirement, Survey, TrainingRecord
from service.records.routes import record_routes
from service.records.wiretypes import Day, Named

router = APIRouter(tags=["courses"])


@router.get(
    "/credits/{code:path}", dependencies=[Depends(allow("operations", "quality", "people")), personal("credits")]
)
def credit_balance(
    code: Named, transaction: Transaction, on: Annotated[Day | None, Query(description="Left out: today")] = None
) -> list[CreditsRead]:
    """An employee's continuing-education credits, earned against required, by each rule in force on a day."""
    return credits_of(transaction, code, on)


for row in (Course, CourseCover, Requirement, TrainingRecord, Survey,):
    router.include_router(record_routes(row))
