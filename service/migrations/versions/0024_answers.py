"""Which plan answers what was reported

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_SEEN = "(SELECT scope.everywhere()) OR EXISTS (SELECT FROM plans p WHERE p.id = plan_id)"


def upgrade() -> None:
    """Add."""
    _kinds("retraining", "new_hire", "gap", "answer")
    op.create_table(
        "plan_answers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True),
        sa.Column("plan_id", sa.BigInteger(), sa.ForeignKey("plans.id"), nullable=False),
        sa.Column("kind", sa.Enum("report", "issue", name="kind", native_enum=False, create_constraint=True, length=32),
                  nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.UniqueConstraint("plan_id", "kind", "code"),
    )
    op.create_index("ix_plan_answers_kind_code", "plan_answers", ["kind", "code"])
    op.execute("ALTER TABLE plan_answers ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON plan_answers FOR SELECT USING ({_SEEN})")
    op.execute(f"CREATE POLICY added ON plan_answers FOR INSERT WITH CHECK ({_SEEN})")
    op.execute("GRANT SELECT, INSERT ON plan_answers TO retrace_app")
    op.execute("SELECT audit.watch('plan_answers')")


def _kinds(*allowed: str) -> None:
    words = ", ".join(f"'{word}'" for word in allowed)
    op.execute("ALTER TABLE plans DROP CONSTRAINT ck_plans_kind")
    op.execute(f"ALTER TABLE plans ADD CONSTRAINT ck_plans_kind CHECK (kind IN ({words}))")


def downgrade() -> None:
    """Undo: what answered reports is plain retraining again."""
    op.drop_table("plan_answers")
    op.execute("UPDATE plans SET kind = 'retraining' WHERE kind = 'answer'")
    _kinds("retraining", "new_hire", "gap")
