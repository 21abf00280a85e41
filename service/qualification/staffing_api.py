"""Routes: who can do what, whose qualification ends, what would become unstaffable, and rosters made ahead."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access import Transaction, allow
from service.audit.reads import personal
from service.qualification import outlook, requalify, rosters, skills
from service.qualification.staffing_schemas import (
    EndingAsked,
    EndingPage,
    KeptAsked,
    KeptPage,
    MatrixAsked,
    Outlook,
    OutlookAsked,
    RosterAsked,
    RosterGiven,
    RosterRead,
    SkillMatrix,
)

router = APIRouter(tags=["qualification"])

_reads = [Depends(allow("operations", "quality", "people")), personal("qualification")]


@router.get("/skill-matrix", dependencies=_reads)
def skill_matrix(transaction: Transaction, asked: Annotated[MatrixAsked, Query()]) -> SkillMatrix:
    """People x processes of a department: who is qualified for what at a moment, and until when."""
    return skills.skill_matrix(transaction, asked)


@router.get("/expiring-qualifications", dependencies=_reads)
def endings(transaction: Transaction, asked: Annotated[EndingAsked, Query()]) -> EndingPage:
    """Whose qualifications end by themselves within some days, the soonest first."""
    return skills.endings(transaction, asked)


@router.get("/standings", dependencies=_reads)
def standings(transaction: Transaction, asked: Annotated[KeptAsked, Query()]) -> KeptPage:
    """Everybody's standing as the nightly run left it, with what changed since a moment; a gate asks anew."""
    return requalify.kept(transaction, asked)


@router.get("/staffing-outlook", dependencies=_reads)
def staffing_outlook(transaction: Transaction, asked: Annotated[OutlookAsked, Query()]) -> Outlook:
    """What becomes unstaffable if a credential lapses, a version takes effect, a gate closes, or time passes."""
    return outlook.outlook(transaction, asked)


@router.get("/roster-checks", dependencies=_reads)
def roster_check(transaction: Transaction, asked: Annotated[RosterAsked, Query()]) -> RosterRead:
    """The recorded shifts and assignments of the days ahead: who would not pass the gate, and who could take over."""
    return rosters.recorded(transaction, asked)


@router.post("/roster-checks", dependencies=_reads)
def check_roster(transaction: Transaction, body: RosterGiven) -> RosterRead:
    """The same of a roster that is only planned; nothing is recorded."""
    return rosters.given(transaction, body)
