"""Who can do what: the board of a department, what ends soon, and next week's shifts. Prints for outages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from service.access import Transaction, allow
from service.audit.reads import personal
from service.console.pages import page
from service.console.session import MEMBERS
from service.people.tables import Department
from service.qualification import rosters, skills
from service.qualification.staffing_schemas import EndingAsked, MatrixAsked, RosterAsked
from service.records.wiretypes import Code

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/staffing")

#: people on one board
_SHOWN = 200


@router.get("", dependencies=[Depends(allow("operations", "quality", "people")), personal("qualification")])
def board(
    request: Request, transaction: Transaction, department: Annotated[Code | None, Query()] = None
) -> Response:
    """A department's board, or the departments to choose from."""
    places = transaction.execute(
        select(Department.code, Department.name).where(Department.function.in_(("operations", "service_desk")))
        .order_by(Department.code).limit(500)
    ).all()
    if department is None and len(places) == 1:
        department = places[0].code
    if department is None:
        return page(request, "staffing.html", places=places, board=None)
    return page(
        request, "staffing.html", places=places, days=30,
        board=skills.skill_matrix(transaction, MatrixAsked(department_code=department, limit=_SHOWN)),
        endings=skills.endings(transaction, EndingAsked(department_code=department, days=30)),
        roster=rosters.recorded(transaction, RosterAsked(department_code=department)),
    )
