"""Training sessions, their seats, scores by clause

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"

#: table -> who sees its rows, and adds and changes them: a session is the site's, a seat is its person's
_SEEN = {
    "training_sessions": "true",
    "session_seats": "EXISTS (SELECT FROM plan_items i WHERE i.id = plan_item_id)",
    "assessment_results": "EXISTS (SELECT FROM training_records r WHERE r.id = training_id)",
}


def upgrade() -> None:
    """Add."""
    op.create_table(
        "training_sessions",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True), _points("course_id", "courses"),
        sa.Column("place", sa.Text(), nullable=False), sa.Column("seats", sa.BigInteger(), nullable=False),
        _points("trainer_id", "employees", nullable=True), _moment("starts_at"), _moment("ends_at"),
        _word("state", "planned", "held", "cancelled", default="planned"),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False), sa.Column("reason", sa.Text()),
        _moment("reminded_at", nullable=True), _points("account_id", "accounts"), _moment("created_at", now=True),
        _moment("updated_at", now=True),
        sa.CheckConstraint("ends_at > starts_at", name="lasts"), sa.CheckConstraint("seats > 0", name="seats"),
    )
    op.create_index("ix_training_sessions_course_id", "training_sessions", ["course_id"])
    op.create_index(
        "ix_training_sessions_planned", "training_sessions", ["starts_at"],
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "session_seats",
        _number(), _points("session_id", "training_sessions"), _points("plan_item_id", "plan_items"),
        _word("state", "taken", "freed", "present", "absent", default="taken"), _moment("created_at", now=True),
    )
    op.create_index("ix_session_seats_session_id", "session_seats", ["session_id"])
    op.create_index(
        "uq_session_seats_taken", "session_seats", ["plan_item_id"], unique=True,
        postgresql_where=sa.text("state = 'taken'"),
    )
    op.create_table(
        "assessment_results",
        _number(), _points("training_id", "training_records"), sa.Column("clause_code", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False), sa.Column("max_score", sa.Float(53), nullable=False),
        _moment("at", now=True),
        sa.CheckConstraint("score >= 0 AND score <= max_score AND max_score > 0", name="share"),
    )
    op.create_index("ix_assessment_results_training_id", "assessment_results", ["training_id"])
    for table, seen in _SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_EVERYWHERE} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE} OR {seen})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
        op.execute(f"SELECT audit.watch('{table}')")
    for table in ("training_sessions", "session_seats"):
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({_EVERYWHERE} OR {_SEEN[table]})")
        op.execute(f"GRANT UPDATE ON {table} TO retrace_app")


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _word(name: str, *allowed: str, default: str) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=False, server_default=default)


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def downgrade() -> None:
    """Undo."""
    for table in reversed(_SEEN):
        op.drop_table(table)
