"""Who looked at personal data: a dependency of the routes that show it."""

from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request

from service.access import Actor, Transaction
from service.audit.context import note


def personal(what: str) -> Any:
    """A dependency that writes each read of `what` into the trail, with what was asked for."""
    return Depends(_noting(what))


def _noting(what: str) -> Callable[..., None]:
    def noted(request: Request, transaction: Transaction, actor: Actor) -> None:
        asked = {name: value[:200] for name, value in request.query_params.items() if value}
        note(transaction, "read", what, request.path_params.get("code"), asked)

    return noted
