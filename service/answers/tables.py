"""Which plan answers what was reported."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from service.answers.rules import REPORTED
from service.db.base import Base, choice


class PlanAnswer(Base):
    """That a plan answers a difficulty report or an issue, named by code as all its revisions are; only ever added."""

    __tablename__ = "plan_answers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    kind: Mapped[str] = choice("kind", *REPORTED)
    code: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())

    __table_args__ = (UniqueConstraint("plan_id", "kind", "code"), Index(None, "kind", "code"))
