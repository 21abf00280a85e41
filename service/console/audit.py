"""The audit trail: one plain page to search it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from service.access import Transaction, allow
from service.audit.reads import personal
from service.audit.search import ACTIONS, Wanted, search
from service.console.pages import page
from service.console.session import MEMBERS

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/audit")

#: how many events a page shows
_SHOWN = 100


class Asked(Wanted):
    """What the form sends: what was left empty asks for nothing."""

    action: str | None = Field(None, max_length=20)
    before: int | None = Field(None, ge=1, le=2**62)

    def wanted(self) -> Wanted:
        """The search that was asked for; an action nobody knows is none."""
        said = {name: text.strip() for name, text in self.model_dump(exclude={"before"}, exclude_none=True).items()}
        if said.get("action") not in ACTIONS:
            said.pop("action", None)
        return Wanted(**{name: text for name, text in said.items() if text})


@router.get("", dependencies=[Depends(allow("quality", whole_site=True)), personal("audit")])
def trail(request: Request, transaction: Transaction, asked: Annotated[Asked, Query()]) -> Response:
    """Who changed or read what, newest first."""
    wanted = asked.wanted()
    found = search(transaction, wanted, asked.before, _SHOWN)
    older = found[-1].id if len(found) == _SHOWN else None
    return page(request, "audit.html", events=found, wanted=wanted, actions=ACTIONS, older=older)
