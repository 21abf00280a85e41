"""Routes: is somebody qualified, may they start, who decided otherwise."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, status

from service.access import Principal, Transaction, allow
from service.audit.reads import personal
from service.qualification import checked, checks, exceptions, starts, switching
from service.qualification.schemas import (
    Answered,
    CheckAsked,
    CheckPage,
    CheckRead,
    ChecksAsked,
    GateRead,
    LiftGiven,
    QualificationAsked,
    ReviewGiven,
    StartGiven,
    SupervisionGiven,
    SupervisionPage,
    SupervisionRead,
    SuspensionGiven,
    SuspensionPage,
    SuspensionRead,
    SwitchGiven,
)
from service.records.paging import Asked
from service.records.wiretypes import Named

router = APIRouter(tags=["qualification"])

READERS = ("operations", "quality", "people")

_reads = [Depends(allow(*READERS)), personal("qualification")]
_Operations = Annotated[Principal, Depends(allow("operations", "quality"))]
_Quality = Annotated[Principal, Depends(allow("quality"))]
_Deciders = Annotated[Principal, Depends(allow("quality", "people"))]


@router.get("/qualification", dependencies=_reads)
def qualification(transaction: Transaction, asked: Annotated[QualificationAsked, Query()]) -> Answered:
    """Whether somebody is qualified at a moment, as known at another; nothing is recorded. For boards."""
    return checks.qualification(transaction, asked)


@router.post("/gate-checks", status_code=status.HTTP_201_CREATED)
def check(body: CheckAsked, transaction: Transaction, actor: _Operations) -> CheckRead:
    """Ask whether somebody may start now; the answer is recorded with its evidence, whatever it is."""
    return checks.check(transaction, actor, body)


@router.get("/gate-checks", dependencies=_reads)
def list_checks(transaction: Transaction, asked: Annotated[ChecksAsked, Query()]) -> CheckPage:
    """The checks that were made, newest first."""
    return checked.checks(transaction, asked)


@router.post("/gate-checks/{code}/review")
def review(code: Named, body: ReviewGiven, transaction: Transaction, actor: _Quality) -> CheckRead:
    """Say what you make of an emergency start; due within 24 hours, and not by who asked for it."""
    return checked.review(transaction, actor, code, body.review)


@router.post("/work-starts", status_code=status.HTTP_201_CREATED)
def start(body: StartGiven, transaction: Transaction, actor: _Operations) -> CheckRead:
    """Start work through the gate: the check, and the work record if it lets them; 409 `gate-closed` if not."""
    return starts.start(transaction, actor, body)


@router.get("/gates/{code:path}", dependencies=[Depends(allow(*READERS))])
def gate(code: Named, transaction: Transaction) -> GateRead:
    """How a process's gate stands, and who switched it when and why."""
    return switching.gate(transaction, code)


@router.put("/gates/{code:path}")
def switch(code: Named, body: SwitchGiven, transaction: Transaction, actor: _Quality) -> GateRead:
    """Switch a process's gate off, to warn, or to block, with a reason."""
    return switching.switch(transaction, actor, code, body)


@router.get("/supervisions", dependencies=_reads)
def supervisions(transaction: Transaction, asked: Annotated[Asked, Query()]) -> SupervisionPage:
    """Supervised work, newest first."""
    return exceptions.supervisions(transaction, asked)


@router.post("/supervisions", status_code=status.HTTP_201_CREATED)
def supervise(body: SupervisionGiven, transaction: Transaction, actor: _Operations) -> SupervisionRead:
    """Let somebody work under a named, qualified colleague until a moment; every piece is inspected."""
    return exceptions.supervise(transaction, actor, body)


@router.get("/suspensions", dependencies=_reads)
def suspensions(transaction: Transaction, asked: Annotated[Asked, Query()]) -> SuspensionPage:
    """Suspensions, newest first."""
    return exceptions.suspensions(transaction, asked)


@router.post("/suspensions", status_code=status.HTTP_201_CREATED)
def suspend(body: SuspensionGiven, transaction: Transaction, actor: _Deciders) -> SuspensionRead:
    """Take somebody off a process, or off all, from now on, with a reason."""
    return exceptions.suspend(transaction, actor, body)


@router.post("/suspensions/{code}/lift")
def lift(code: Named, body: LiftGiven, transaction: Transaction, actor: _Deciders) -> SuspensionRead:
    """End a suspension, with a reason."""
    return exceptions.lift(transaction, actor, code, body)
