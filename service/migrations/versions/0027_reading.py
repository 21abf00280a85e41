"""Quizzes, what was answered, and what people said of their own training

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_ITEM = "(SELECT scope.everywhere()) OR EXISTS (SELECT FROM plan_items i WHERE i.id = plan_item_id)"

#: table -> who sees its rows, and adds them
_SEEN = {"quizzes": "true", "quiz_attempts": _ITEM, "completion_claims": _ITEM}


def upgrade() -> None:
    """Add."""
    op.create_table(
        "quizzes",
        _number(), _points("course_id", "courses"), sa.Column("standard_version", sa.Text()),
        sa.Column("pass_mark", sa.Float(53), nullable=False), sa.Column("questions", postgresql.JSONB(), nullable=False),
        _points("account_id", "accounts"), _moment("created_at"),
        sa.CheckConstraint("pass_mark > 0 AND pass_mark <= 1", name="pass_mark"),
    )
    op.create_index("ix_quizzes_course_id", "quizzes", ["course_id"])
    op.create_table(
        "quiz_attempts",
        _number(), _points("plan_item_id", "plan_items"), _points("quiz_id", "quizzes"),
        sa.Column("answers", postgresql.JSONB(), nullable=False), sa.Column("share", sa.Float(53), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False), _moment("at"),
    )
    op.create_index("ix_quiz_attempts_plan_item_id", "quiz_attempts", ["plan_item_id"])
    op.create_table(
        "completion_claims",
        _number(), sa.Column("plan_item_id", sa.BigInteger(), sa.ForeignKey("plan_items.id"), nullable=False, unique=True),
        _moment("at"),
    )
    for table, seen in _SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({seen})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
        op.execute(f"SELECT audit.watch('{table}')")


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def downgrade() -> None:
    """Undo."""
    for table in reversed(_SEEN):
        op.drop_table(table)
