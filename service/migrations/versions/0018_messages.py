"""Messages, webhooks, links that somebody may follow once

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"
_MINE = "account_id = (SELECT scope.account())"
_MYSELF = "(SELECT a.employee_id FROM accounts a WHERE a.id = (SELECT scope.account()))"

#: table -> who sees its rows
_SEEN = {
    "messages": f"{_EVERYWHERE} OR {_MINE} OR employee_id = {_MYSELF}",
    "message_channels": f"{_EVERYWHERE} OR {_MINE}",
    "message_deliveries": _EVERYWHERE,
    "webhooks": _EVERYWHERE,
    "webhook_progress": _EVERYWHERE,
    "single_use_links": _EVERYWHERE,
}


def upgrade() -> None:
    """Add. Messages are told of what is audited; who may be told where, and what a link was used for, is audited."""
    _messages()
    _deliveries()
    _webhooks()
    _links()
    for table, seen in _SEEN.items():
        # whom somebody tells may lie outside their departments: rows are added with the eyes of the whole site
        added = seen if table == "message_channels" else _EVERYWHERE
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({added})")
        op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({seen})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO retrace_app")
    for table, secret in (("message_channels", "url"), ("webhooks", "secret"), ("single_use_links", "digest")):
        op.execute(f"SELECT audit.watch('{table}', '{secret}')")


def _messages() -> None:
    op.create_table(
        "messages",
        _number(), sa.Column("batch", sa.Uuid(), nullable=False), _points_at("accounts"), _points_at("employees"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "about")),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, unique=True), sa.Column("confirm", sa.Text()),
        sa.Column("announced", sa.Boolean(), server_default="false", nullable=False),
        _moment("created_at"), _moment("read_at", open_at_first=True),
        sa.CheckConstraint("(account_id IS NULL) <> (employee_id IS NULL)", name="ck_messages_recipient"),
    )
    for whose in ("account_id", "employee_id"):
        filled = sa.text(f"{whose} IS NOT NULL")
        op.create_index(f"ix_messages_{whose}_id", "messages", [whose, "id"], postgresql_where=filled)
    op.create_index("ix_messages_unread", "messages", ["account_id"], postgresql_where=sa.text("read_at IS NULL"))
    op.create_index("ix_messages_batch", "messages", ["batch"])


def _deliveries() -> None:
    op.create_table(
        "message_channels",
        _number(), _points_at("accounts", nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("service", "url")),
        _moment("created_at"), _moment("removed_at", open_at_first=True),
    )
    op.create_index("ix_message_channels_account_id", "message_channels", ["account_id"])
    op.create_table(
        "message_deliveries",
        _number(), _points_at("messages", nullable=False), _word("by", "email", "chat", "site_chat"),
        _count("channel"), _word("state", "waiting", "sent", "failed", server_default="waiting"), _count("attempts"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False), _moment("taken_until", open_at_first=True),
        _moment("created_at"), _moment("updated_at"), _moment("sent_at", open_at_first=True),
        sa.Column("problem", sa.Text()),
    )
    columns = ["message_id", "by", "channel"]
    op.create_index("ix_message_deliveries_message_id_by_channel", "message_deliveries", columns, unique=True)
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_message_deliveries_due_at", "message_deliveries", ["due_at"], postgresql_where=waiting)


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        _number(), sa.Column("url", sa.Text(), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.Text()), nullable=False), sa.Column("secret", sa.Text(), nullable=False),
        _moment("created_at"), _moment("disabled_at", open_at_first=True),
        sa.Column("disabled_because", sa.Text()), _moment("removed_at", open_at_first=True),
    )
    op.create_table(
        "webhook_progress",
        sa.Column("webhook_id", sa.BigInteger(), sa.ForeignKey("webhooks.id"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger(), nullable=False), _moment("delivered_at", open_at_first=True),
        _count("attempts"), _moment("failing_since", open_at_first=True), sa.Column("problem", sa.Text()),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )


def _links() -> None:
    op.create_table(
        "single_use_links",
        _number(), sa.Column("digest", sa.Text(), nullable=False, unique=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("purpose", "about")),
        _points_at("employees", nullable=False), _points_at("messages"), _moment("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False), _moment("used_at", open_at_first=True),
    )
    for whose in ("employee_id", "message_id"):
        op.create_index(f"ix_single_use_links_{whose}", "single_use_links", [whose])


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _points_at(table: str, *, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(f"{table[:-1]}_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)


def _word(name: str, *allowed: str, server_default: str | None = None) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, server_default=server_default, nullable=False)


def _moment(name: str, *, open_at_first: bool = False) -> sa.Column[object]:
    default = None if open_at_first else sa.text("clock_timestamp()")
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=open_at_first)


def downgrade() -> None:
    """Undo."""
    for table in ("single_use_links", "webhook_progress", "webhooks", "message_deliveries", "message_channels",
                  "messages"):
        op.drop_table(table)
