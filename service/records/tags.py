"""ETags: which state of something somebody read, so that nobody overwrites what they have not seen."""

from typing import Annotated

from fastapi import Header

from service.errors import RetraceError

IfMatch = Annotated[str | None, Header(max_length=2000, description="The ETag of what you read, or `*`")]
IfNoneMatch = Annotated[str | None, Header(max_length=2000, description="The ETag of what you have already")]


class PreconditionRequired(RetraceError):
    """A change that does not say which state it is a change of."""

    status = 428
    kind = "precondition-required"


class PreconditionFailed(RetraceError):
    """A change of a state that is no longer the last."""

    status = 412
    kind = "precondition-failed"


def tag(*parts: object) -> str:
    """The ETag of a state."""
    return f'"{"-".join(map(str, parts))}"'


def refuse_unread(if_match: str | None) -> str:
    """What If-Match says. Raises `PreconditionRequired` where it is missing."""
    if if_match is None:
        raise PreconditionRequired("Say which state you change: read it first, and send its ETag as If-Match.")
    return if_match


def refuse_stale(if_match: str | None, current: str) -> None:
    """Raise `PreconditionFailed` where something was changed since it was read; `*` stands for any state."""
    if if_match is not None and not {current, "*"} & set(_listed(if_match)):
        raise PreconditionFailed("Somebody changed it meanwhile; read it again, then decide anew.")


def is_known(if_none_match: str | None, current: str) -> bool:
    """Whether the reader has this state already."""
    return bool({current, "*"} & {one.removeprefix("W/") for one in _listed(if_none_match or "")})


def _listed(header: str) -> list[str]:
    return [one.strip() for one in header.split(",")]
