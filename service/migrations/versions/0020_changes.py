"""Changes of processes and standards, drafted plans, training frequency

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"
_PROCESS = "process_id IN (SELECT id FROM scope.processes)"

#: table -> (who sees its rows, who adds and changes them): standards, and processes of no department, are everybody's
_SEEN = {
    "changes": (
        "standard_id IS NOT NULL OR process_id IN (SELECT id FROM processes)",
        f"standard_id IS NOT NULL OR {_PROCESS}",
    ),
    "change_steps": ("EXISTS (SELECT FROM changes c WHERE c.id = change_id)",) * 2,
    "frequency_steps": ("process_id IN (SELECT id FROM processes)", "false"),
}

_STATES = ("proposed", "in_review", "changes_requested", "rejected", "approved", "training", "in_force", "forced",
           "withdrawn")
_STEPS = ("propose", "submit", "revise", "request_changes", "reject", "approve", "send_back", "begin_training",
          "take_force", "force", "withdraw")


def upgrade() -> None:
    """Add. Plans there are were accepted and told of: they are published."""
    _changes()
    _plans()
    _frequency()
    for table, (seen, written) in _SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_EVERYWHERE} OR {seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE} OR {written})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
        op.execute(f"SELECT audit.watch('{table}')")
    written = f"{_EVERYWHERE} OR {_SEEN['changes'][1]}"
    op.execute(f"CREATE POLICY changed ON changes FOR UPDATE USING ({written}) WITH CHECK ({written})")
    op.execute("GRANT UPDATE ON changes TO retrace_app")


def _changes() -> None:
    op.create_table(
        "changes",
        _number(), sa.Column("code", sa.Text(), nullable=False, unique=True),
        _points("process_id", "processes", nullable=True), _points("standard_id", "standards", nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="1", nullable=False),
        _word("state", *_STATES), _word("scale", "major", "minor"), sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("standards", postgresql.ARRAY(sa.Text())), sa.Column("clauses", postgresql.JSONB()),
        sa.Column("courses", postgresql.ARRAY(sa.Text())), sa.Column("posts", postgresql.ARRAY(sa.Text())),
        sa.Column("minutes", sa.BigInteger()), _moment("effective_at"),
        sa.Column("threshold", sa.Float(53), nullable=False), _points("account_id", "accounts"),
        _moment("review_due_at", nullable=True), _moment("reminded_at", nullable=True),
        _moment("approved_at", nullable=True), _moment("in_force_at", nullable=True),
        sa.Column("coverage", sa.Float(53)), _moment("created_at", now=True), _moment("updated_at", now=True),
        sa.CheckConstraint("num_nonnulls(process_id, standard_id) = 1", name="of_one_thing"),
    )
    for kind in ("process", "standard"):
        op.create_index(
            f"uq_changes_{kind}_version", "changes", [f"{kind}_id", "version"], unique=True,
            postgresql_where=sa.text("state NOT IN ('rejected', 'withdrawn')"),
        )
    op.create_table(
        "change_steps",
        _number(), _points("change_id", "changes"), _word("step", *_STEPS),
        sa.Column("revision", sa.BigInteger(), nullable=False), sa.Column("reason", sa.Text()),
        _points("account_id", "accounts", nullable=True), _moment("at", now=True),
    )
    op.create_index("ix_change_steps_change_id", "change_steps", ["change_id"])


def _plans() -> None:
    op.alter_column("plans", "account_id", nullable=True)
    op.add_column("plans", _word("kind", "retraining", "new_hire", "gap", default="retraining"))
    op.add_column("plans", _word("status", "draft", "accepted", "published", "rejected", "closed", default="published"))
    op.add_column("plans", _points("change_id", "changes", nullable=True))
    op.add_column("plans", sa.Column("round", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("plans", _points("accepted_by_id", "accounts", nullable=True))
    op.add_column("plans", _moment("published_at", nullable=True))
    op.add_column("plans", sa.Column("closed_reason", sa.Text()))
    op.create_index(
        "ix_plans_change_id", "plans", ["change_id"], postgresql_where=sa.text("change_id IS NOT NULL")
    )
    op.execute("UPDATE plans SET published_at = created_at, accepted_by_id = account_id")
    _item_statuses("draft", "open", "completed", "cancelled")
    op.alter_column("plan_items", "training_id", nullable=True)
    op.create_check_constraint(
        "begun", "plan_items", "training_id IS NOT NULL OR status IN ('draft', 'cancelled')"
    )
    op.add_column("plan_items", _word("method", "course", "read", default="course"))
    op.add_column("plan_items", sa.Column("minutes", sa.BigInteger()))
    op.add_column("plan_items", sa.Column("standard_version", sa.Text()))
    op.add_column("plan_items", _points("assignment_id", "assignments", nullable=True))
    op.create_index(
        "ix_plan_items_assignment_id", "plan_items", ["assignment_id"],
        postgresql_where=sa.text("assignment_id IS NOT NULL"),
    )


def _item_statuses(*allowed: str) -> None:
    words = ", ".join(f"'{word}'" for word in allowed)
    op.execute("ALTER TABLE plan_items DROP CONSTRAINT ck_plan_items_status")
    op.execute(f"ALTER TABLE plan_items ADD CONSTRAINT ck_plan_items_status CHECK (status IN ({words}))")


def _frequency() -> None:
    op.create_table(
        "frequency_steps",
        _number(), sa.Column("plan_id", sa.BigInteger(), sa.ForeignKey("plans.id"), nullable=False, unique=True),
        _points("process_id", "processes"), _word("outcome", "kept", "raised", "review"),
        sa.Column("failed", sa.BigInteger(), nullable=False), sa.Column("inspected", sa.BigInteger(), nullable=False),
        _points("next_plan_id", "plans", nullable=True), _moment("at", now=True),
    )
    op.create_index("ix_frequency_steps_process_id", "frequency_steps", ["process_id"])


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _word(name: str, *allowed: str, default: str | None = None) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=False, server_default=default)


def _moment(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("clock_timestamp()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable)


def downgrade() -> None:
    """Undo: drafts, which nobody was told of, go."""
    op.drop_table("frequency_steps")
    op.execute("DELETE FROM plan_items WHERE training_id IS NULL")
    op.execute("DELETE FROM plans p WHERE NOT EXISTS (SELECT FROM plan_items i WHERE i.plan_id = p.id)"
               " AND p.status <> 'published'")
    op.drop_constraint("ck_plan_items_begun", "plan_items")
    for column in ("assignment_id", "standard_version", "minutes", "method"):
        op.drop_column("plan_items", column)
    op.alter_column("plan_items", "training_id", nullable=False)
    _item_statuses("open", "completed", "cancelled")
    op.execute("UPDATE plans SET account_id = (SELECT min(id) FROM accounts) WHERE account_id IS NULL")
    for column in ("closed_reason", "published_at", "accepted_by_id", "round", "change_id", "status", "kind"):
        op.drop_column("plans", column)
    op.alter_column("plans", "account_id", nullable=False)
    op.drop_table("change_steps")
    op.drop_table("changes")
