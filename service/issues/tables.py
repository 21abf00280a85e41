"""Quality issues."""

from datetime import datetime

from sqlalchemy.orm import Mapped

from service.db.base import Evidence, choice, points_at


class Issue(Evidence):
    """A nonconformity, complaint, adverse event or the like. Severity words belong to the sector."""

    __tablename__ = "issues"
    __occurred__ = ("occurred_at",)
    __writers__ = frozenset({"quality", "operations", "employee", "admin"})

    kind: Mapped[str] = choice(
        "kind", "nonconformity", "deviation", "complaint", "adverse_event", "near_miss", "audit_finding", "recall"
    )
    batch_id: Mapped[int | None] = points_at("batches")
    work_id: Mapped[int | None] = points_at("work_records")
    process_id: Mapped[int | None] = points_at("processes")
    department_id: Mapped[int | None] = points_at("departments")
    occurred_at: Mapped[datetime]
    severity: Mapped[str]
    text: Mapped[str]
