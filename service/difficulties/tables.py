"""Difficulty reports."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from service.db.base import Evidence, choice, number_from, points_at


class DifficultyReport(Evidence):
    """What is hard, or where work piles up, in the words of those who do it; its author may stay unnamed."""

    __tablename__ = "difficulty_reports"
    __occurred__ = ("occurred_at",)
    __writers__ = frozenset({"operations", "employee", "admin"})

    kind: Mapped[str | None] = choice("kind", "difficulty", "bottleneck")
    department_id: Mapped[int] = points_at("departments")
    process_id: Mapped[int | None] = points_at("processes")
    reported_by_id: Mapped[int | None] = points_at("employees", wire="reported_by")
    occurred_at: Mapped[datetime]
    severity: Mapped[int] = number_from(1, 5)
    text: Mapped[str]
