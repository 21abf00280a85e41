"""What a trace found, and what a person made of it

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")

#: by whose eyes each row is seen
_SEEN = {
    "cause_assessments": "EXISTS (SELECT FROM issues i WHERE i.code = issue_code)",
    "cause_decisions": "EXISTS (SELECT FROM cause_assessments a WHERE a.id = assessment_id)",
}


def upgrade() -> None:
    """Add."""
    _assessments()
    _decisions()
    for table, leads in _SEEN.items():
        seen = f"(SELECT scope.everywhere()) OR {leads}"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({seen})")
        op.execute(f"SELECT audit.watch('{table}')")
    op.execute("GRANT SELECT, INSERT ON cause_assessments, cause_decisions TO retrace_app")


def _assessments() -> None:
    op.create_table(
        "cause_assessments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_code", sa.Text(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(), nullable=False),
        sa.Column("causes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("account_id", sa.BigInteger(), server_default=sa.text("scope.account()"), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_cause_assessments_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cause_assessments")),
    )
    op.create_index(op.f("ix_cause_assessments_issue_code"), "cause_assessments", ["issue_code"])


def _decisions() -> None:
    op.create_table(
        "cause_decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Enum("confirm", "overrule", name="decision", native_enum=False, create_constraint=True, length=32), nullable=False),
        sa.Column("causes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["assessment_id"], ["cause_assessments.id"], name=op.f("fk_cause_decisions_assessment_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_cause_decisions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cause_decisions")),
    )
    op.create_index(op.f("ix_cause_decisions_assessment_id"), "cause_decisions", ["assessment_id"])


def downgrade() -> None:
    """Undo."""
    for table in ("cause_decisions", "cause_assessments"):
        op.drop_table(table)
