"""Failed sign-ins, passwords to be changed, sign-ins by a provider

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add."""
    now = sa.text("clock_timestamp()")
    op.add_column("accounts", sa.Column("must_change_password", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("accounts", sa.Column("oidc_subject", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now, nullable=False))
    op.create_unique_constraint(op.f("uq_accounts_oidc_subject"), "accounts", ["oidc_subject"])
    op.create_table(
        "sign_in_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("login_digest", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failures")),
    )
    op.create_index(op.f("ix_sign_in_failures_login_digest_at"), "sign_in_failures", ["login_digest", "at"])
    op.create_index(op.f("ix_sign_in_failures_address_at"), "sign_in_failures", ["address", "at"])
    op.create_table(
        "oidc_attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("state_digest", sa.Text(), nullable=False),
        sa.Column("cookie_digest", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("verifier", sa.Text(), nullable=False),
        sa.Column("next", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oidc_attempts")),
        sa.UniqueConstraint("state_digest", name=op.f("uq_oidc_attempts_state_digest")),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON sign_in_failures, oidc_attempts TO retrace_app")


def downgrade() -> None:
    """Undo."""
    op.drop_table("oidc_attempts")
    op.drop_table("sign_in_failures")
    op.drop_constraint(op.f("uq_accounts_oidc_subject"), "accounts")
    for column in ("updated_at", "oidc_subject", "must_change_password"):
        op.drop_column("accounts", column)
