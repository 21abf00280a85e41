"""What users say of Retrace itself

Revision ID: 0023
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

_SEEN = "(SELECT scope.everywhere()) OR account_id = (SELECT scope.account())"
_OF = "EXISTS (SELECT FROM feedback f WHERE f.id = feedback_id)"


def upgrade() -> None:
    """Add. Each sees their own; the service shows everybody's to administrators alone."""
    op.create_table(
        "feedback",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("account_id", "accounts"),
        _word("kind", "problem", "wish", "question", "praise"), sa.Column("page", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        _word("state", "open", "planned", "done", "declined", default="open"), _moment("created_at"),
        _moment("updated_at"),
    )
    op.create_index("ix_feedback_account_id", "feedback", ["account_id"])
    op.create_table(
        "feedback_steps",
        _number(), _points("feedback_id", "feedback"), _word("step", "plan", "finish", "decline", "reopen"),
        sa.Column("text", sa.Text(), nullable=False), _points("account_id", "accounts"), _moment("at"),
    )
    op.create_index("ix_feedback_steps_feedback_id", "feedback_steps", ["feedback_id"])
    for table, seen in (("feedback", _SEEN), ("feedback_steps", _OF)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({seen})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
        op.execute(f"SELECT audit.watch('{table}')")
    op.execute(f"CREATE POLICY changed ON feedback FOR UPDATE USING ({_SEEN})")
    op.execute("GRANT UPDATE ON feedback TO retrace_app")


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=False)


def _word(name: str, *allowed: str, default: str | None = None) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=False, server_default=default)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("feedback_steps")
    op.drop_table("feedback")
