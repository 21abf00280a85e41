"""Challengers in shadow, refits and what came of them, the switch that stops all models

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_EVERYWHERE = "(SELECT scope.everywhere())"

#: table -> who sees its rows: a challenger's scores are for the whole site's eyes only, the rest for everybody's
_SEEN = {"shadows": _EVERYWHERE, "shadow_scores": _EVERYWHERE, "refits": "true", "model_switches": "true"}


def upgrade() -> None:
    """Add. Shadows are worked out from the records, so they are not audited."""
    _shadows()
    _refits()
    _switches()
    for table, seen in _SEEN.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_EVERYWHERE})")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
    op.execute(f"CREATE POLICY changed ON refits FOR UPDATE USING ({_EVERYWHERE})")
    op.execute("GRANT UPDATE ON refits TO retrace_app")
    for table in ("refits", "model_switches"):
        op.execute(f"SELECT audit.watch('{table}')")


def _shadows() -> None:
    op.create_table(
        "shadows",
        _number(), sa.Column("scoring_id", sa.BigInteger(), sa.ForeignKey("scorings.id"), nullable=False, unique=True),
        sa.Column("model", sa.Text(), nullable=False), sa.Column("problem", sa.Text()),
    )
    op.create_table(
        "shadow_scores",
        _number(), sa.Column("shadow_id", sa.BigInteger(), sa.ForeignKey("shadows.id"), nullable=False),
        *(sa.Column(f"{name}_code", sa.Text()) for name in ("employee", "process", "department", "inspection")),
        sa.Column("score", sa.Float(53), nullable=False), sa.Column("probability", sa.Float(53), nullable=False),
    )
    op.create_index("ix_shadow_scores_shadow_id", "shadow_scores", ["shadow_id"])


def _refits() -> None:
    op.create_table(
        "refits",
        _number(), _word("target", "need", "risk-work", "risk-unit", nullable=False),
        sa.Column("why", sa.Text(), nullable=False), _moment("opened_at"),
        sa.Column("ended_at", sa.DateTime(timezone=True)), _word("outcome", "registered", "failed", nullable=True),
        sa.Column("message", sa.Text()),
    )
    op.create_index(
        "uq_refits_open", "refits", ["target"], unique=True, postgresql_where=sa.text("outcome IS NULL")
    )


def _switches() -> None:
    op.create_table(
        "model_switches",
        _number(), sa.Column("stopped", sa.Boolean(), nullable=False), sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), sa.ForeignKey("accounts.id")), _moment("at"),
    )


def _number() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _word(name: str, *allowed: str, nullable: bool) -> sa.Column[str]:
    words = sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, words, nullable=nullable)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def downgrade() -> None:
    """Undo."""
    for table in ("model_switches", "refits", "shadow_scores", "shadows"):
        op.drop_table(table)
