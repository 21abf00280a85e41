"""What difficulty reports are about

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import Vector

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NOW = sa.text("clock_timestamp()")

#: what tells of a report is seen by who sees the report
_SEEN = "(SELECT scope.everywhere()) OR EXISTS (SELECT FROM difficulty_reports d WHERE d.code = report_code)"
_ALL = "(SELECT scope.everywhere())"


def upgrade() -> None:
    """Add. What is worked out from texts is not audited; what people say and what a model learns from is."""
    _links()
    _readings()
    _processes()
    _vectors()
    for table in ("report_links", "report_readings", "report_matches", "report_processes"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({_SEEN})")
    for table in ("report_links", "report_processes"):
        op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({_SEEN})")
        op.execute(f"SELECT audit.watch('{table}')")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO retrace_app")
    op.execute("ALTER TABLE text_vectors ENABLE ROW LEVEL SECURITY")
    for table in ("report_readings", "report_matches", "text_vectors"):
        op.execute(f"CREATE POLICY kept ON {table} USING ({_ALL}) WITH CHECK ({_ALL})")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO retrace_app")


def _choice(name: str, *allowed: str) -> sa.Enum:
    return sa.Enum(*allowed, name=name, native_enum=False, create_constraint=True, length=32)


def _kind() -> sa.Enum:
    return _choice("kind", "clause", "course", "report")


def _links() -> None:
    op.create_table(
        "report_links",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("report_code", sa.Text(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("target_code", sa.Text(), nullable=False),
        sa.Column("verdict", _choice("verdict", "confirm", "reject"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_report_links_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_links")),
    )
    columns = ["report_code", "kind", "target_code"]
    op.create_index(op.f("ix_report_links_report_code_kind_target_code"), "report_links", columns)


def _readings() -> None:
    op.create_table(
        "report_readings",
        sa.Column("report_code", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.PrimaryKeyConstraint("report_code", name=op.f("pk_report_readings")),
    )
    op.create_table(
        "report_matches",
        sa.Column("report_code", sa.Text(), nullable=False),
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("target_code", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(53), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_code"], ["report_readings.report_code"], name=op.f("fk_report_matches_report_code")
        ),
        sa.PrimaryKeyConstraint("report_code", "kind", "rank", name=op.f("pk_report_matches")),
    )


def _processes() -> None:
    op.create_table(
        "report_processes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("report_code", sa.Text(), nullable=False),
        sa.Column("process_id", sa.BigInteger(), nullable=False),
        sa.Column("how", _choice("how", "matched", "confirmed"), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.ForeignKeyConstraint(["process_id"], ["processes.id"], name=op.f("fk_report_processes_process_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_processes")),
    )
    for column in ("report_code", "process_id"):
        op.create_index(op.f(f"ix_report_processes_{column}"), "report_processes", [column])


def _vectors() -> None:
    op.create_table(
        "text_vectors",
        sa.Column("kind", _kind(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("vector", Vector(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_text_vectors")),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("text_vectors", "report_processes", "report_matches", "report_readings", "report_links"):
        op.drop_table(table)
