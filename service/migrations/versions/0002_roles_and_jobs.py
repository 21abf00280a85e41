"""What the serving role may do, and the jobs' tables

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: rows that live and change; everything else is only ever inserted
_CHANGING = (
    "departments", "posts", "employees", "credentials", "assignments", "standards", "standard_versions", "clauses",
    "processes", "process_versions", "courses", "course_covers", "requirements", "accounts", "plans", "plan_items",
)


def upgrade() -> None:
    """Grant, create."""
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path = jobs")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101
    driver.execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path = public")
    database = op.get_bind().scalar(sa.select(sa.func.quote_ident(sa.func.current_database())))
    for grant in (
        # imports arrive in temporary tables
        f"GRANT TEMPORARY ON DATABASE {database} TO retrace_app",
        "GRANT USAGE ON SCHEMA public, jobs TO retrace_app",
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO retrace_app",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public, jobs TO retrace_app",
        f"GRANT UPDATE ON {', '.join(_CHANGING)} TO retrace_app",
        "GRANT DELETE ON tokens TO retrace_app",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO retrace_app",
        "REVOKE ALL ON alembic_version FROM retrace_app",
    ):
        op.execute(grant)


def downgrade() -> None:
    """Take back."""
    op.execute("DROP SCHEMA jobs CASCADE")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM retrace_app")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM retrace_app")
