"""Who was qualified for what when that was last worked out

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OUTCOMES = (
    "qualified", "supervised", "no_requirement_defined", "suspended", "not_trained", "failed", "expired",
    "superseded_version",
)


def upgrade() -> None:
    """Add. It is worked out from the records, so it is not audited."""
    op.create_table(
        "standings",
        sa.Column("employee_id", sa.BigInteger(), sa.ForeignKey("employees.id"), primary_key=True),
        sa.Column("process_id", sa.BigInteger(), sa.ForeignKey("processes.id"), primary_key=True),
        sa.Column(
            "outcome", sa.Enum(*_OUTCOMES, name="outcome", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("until", sa.DateTime(timezone=True)), sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_standings_since", "standings", ["since"])
    op.execute("ALTER TABLE standings ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY seen ON standings FOR SELECT USING ((SELECT scope.everywhere())"
        " OR employee_id IN (SELECT employee_id FROM scope.staff) OR process_id IN (SELECT id FROM scope.processes))"
    )
    op.execute(
        "CREATE POLICY kept ON standings USING ((SELECT scope.everywhere())) WITH CHECK ((SELECT scope.everywhere()))"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON standings TO retrace_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("standings")
