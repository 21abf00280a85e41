"""One's own training: what to read and answer, by a link or signed in, and saying that one took a course."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.access import Actor, Transaction
from service.console.notes import confirmed
from service.console.pages import page, refusal
from service.console.session import MEMBERS
from service.errors import RetraceError
from service.messages import links
from service.reading import actions, queries
from service.reading.schemas import Answered
from service.records.wiretypes import Named
from service.retraining.telling import READ

router = APIRouter(include_in_schema=False, dependencies=MEMBERS, prefix="/training")
#: the same by the link of a message, without signing in; `links` guards it
linked = APIRouter()

_Token = Annotated[str, Path(max_length=200)]


class AnswersForm(BaseModel):
    """The option chosen for each question, in their order; what was left out is none of them."""

    chosen: list[int] = Field(default_factory=list)


async def _chosen(request: Request) -> AnswersForm:
    """Answers arrive as `answer-0`, `answer-1` ...: a question left out leaves a gap that is told."""
    typed = {name: value for name, value in (await request.form()).items() if name.startswith("answer-")}
    numbers = [str(typed.get(f"answer-{number}", "")) for number in range(len(typed))]
    return AnswersForm(chosen=[int(one) for one in numbers if one.isdecimal()])


_Chosen = Annotated[AnswersForm, Depends(_chosen)]


@router.get("")
def own(request: Request, transaction: Transaction, actor: Actor) -> Response:
    """What one is to do, the first due first."""
    found = queries.own(transaction, actions.own_number(transaction, actor)) if actor.employee_code else None
    return page(request, "training.html", items=found.items if found else [], employee=actor.employee_code)


@router.post("/{code}/claim")
def claim(request: Request, transaction: Transaction, actor: Actor, code: Named) -> Response:
    """Keep that one says one took a course."""
    actions.claim(transaction, code, actions.own_number(transaction, actor))
    return confirmed(request, "/training", "claimed")


@router.get("/{code}")
def read(request: Request, transaction: Transaction, actor: Actor, code: Named) -> Response:
    """What there is to read, and what is asked."""
    return _shown(request, transaction, code, actions.own_number(transaction, actor))


@router.post("/{code}")
def answer(request: Request, transaction: Transaction, actor: Actor, code: Named, form: _Chosen) -> Response:
    """Keep that one read and understood it."""
    return _answered(request, transaction, code, actions.own_number(transaction, actor), form)


@linked.get(f"/{READ}/{{token}}")
def read_by_link(request: Request, transaction: Transaction, token: _Token) -> Response:
    """The same, by a link; looking uses nothing up."""
    link = links.look(transaction, token, READ)
    return _shown(request, transaction, _item(link), link.employee_id)


@linked.post(f"/{READ}/{{token}}")
def answer_by_link(request: Request, transaction: Transaction, token: _Token, form: _Chosen) -> Response:
    """The same; the link is used up once nothing is left to try."""
    link = links.look(transaction, token, READ)

    def settled() -> None:
        links.use(transaction, token, READ)

    return _answered(request, transaction, _item(link), link.employee_id, form, settled)


def _item(link: links.Followed) -> str:
    return link.about.removeprefix("plan-items/")


def _answered(
    request: Request, session: Session, code: str, employee: int, form: AnswersForm,
    settled: Callable[[], None] = lambda: None,
) -> Response:
    try:
        with session.begin_nested():
            said = actions.answer(session, code, employee, form.chosen)
    except RetraceError as error:
        return _shown(request, session, code, employee, form=form, error=error)
    if said.outcome != "try_again":
        settled()
    return _shown(request, session, code, employee, said=said, form=form)


def _shown(
    request: Request, session: Session, code: str, employee: int, *, said: Answered | None = None,
    form: AnswersForm | None = None, error: RetraceError | None = None,
) -> Response:
    content: dict[str, Any] = {
        "reading": queries.reading(session, code, employee), "said": said, "form": form or AnswersForm(),
        "problems": refusal(request, error) if error else {},
    }
    return page(request, "reading.html", error.status if error else 200, **content)
