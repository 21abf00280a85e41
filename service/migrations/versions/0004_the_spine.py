"""Who sees which departments; what happened; what was published; what was answered

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

#: what each row leads to a department by; `{mine}` is true of a department id in scope. Subqueries on other tables
#: see only what those tables' own policies let through.
_READS = {
    "departments": "{id}",
    "posts": "{department_id}",
    "employees": "id IN (SELECT employee_id FROM scope.staff)",
    "credentials": "employee_id IN (SELECT employee_id FROM scope.staff)",
    "assignments": "{department_id}",
    "shifts": "{department_id} OR employee_id IN (SELECT employee_id FROM scope.staff)",
    "processes": "department_id IS NULL OR {department_id}",
    "process_versions": "process_id IN (SELECT id FROM processes)",
    "requirements": "process_id IN (SELECT id FROM processes) OR post_id IN (SELECT id FROM posts)",
    "training_records": "employee_id IN (SELECT employee_id FROM scope.staff)",
    "surveys": "{department_id}",
    "difficulty_reports": "{department_id}",
    "work_records": "process_id IN (SELECT id FROM scope.processes)"
    " OR employee_id IN (SELECT employee_id FROM scope.staff)",
    "work_participants": "employee_id IN (SELECT employee_id FROM scope.staff)"
    " OR EXISTS (SELECT FROM work_records w WHERE w.id = work_id)",
    "batches": "process_id IN (SELECT id FROM scope.processes) OR scope.worked_on(code)",
    "batch_inputs": "EXISTS (SELECT FROM batches b WHERE b.id = batch_id)",
    "inspections": "{department_id} OR process_id IN (SELECT id FROM scope.processes)"
    " OR employee_id IN (SELECT employee_id FROM scope.staff)"
    " OR EXISTS (SELECT FROM work_records w WHERE w.id = work_id)"
    " OR EXISTS (SELECT FROM batches b WHERE b.id = batch_id)",
    "findings": "EXISTS (SELECT FROM inspections i WHERE i.id = inspection_id)",
    "issues": "{department_id} OR process_id IN (SELECT id FROM scope.processes)"
    " OR EXISTS (SELECT FROM work_records w WHERE w.id = work_id)"
    " OR EXISTS (SELECT FROM batches b WHERE b.id = batch_id)",
    "suggestions": "employee_code IN (SELECT code FROM employees)"
    " OR (employee_code IS NULL AND department_code IN (SELECT code FROM departments))"
    " OR EXISTS (SELECT FROM inspections i WHERE i.code = inspection_code)",
    "decisions": "EXISTS (SELECT FROM suggestions s WHERE s.id = suggestion_id)",
    "plan_items": "employee_id IN (SELECT employee_id FROM scope.staff)",
    "plans": "account_id = (SELECT scope.account()) OR EXISTS (SELECT FROM plan_items p WHERE p.plan_id = plans.id)",
}

#: what the whole site shares: everyone reads it, only who is for the whole site writes it
_SHARED = ("standards", "standard_versions", "clauses", "courses", "course_covers", "scorings")

_SCOPE = """
CREATE SCHEMA scope;

CREATE FUNCTION scope.everywhere() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(current_setting('retrace.scope', true), '') = '*' $$;

CREATE FUNCTION scope.departments() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN coalesce(current_setting('retrace.scope', true), '') IN ('', '*') THEN '{}'::bigint[]
                ELSE current_setting('retrace.scope', true)::bigint[] END
$$;

CREATE FUNCTION scope.account() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(current_setting('retrace.account', true), '')::bigint $$;

-- whom a department may see: who is or will be assigned to it, and who left it last for nowhere else. With the owner's
-- eyes, because only they see where else somebody went
CREATE VIEW scope.staff AS
SELECT a.employee_id FROM assignments a
WHERE a.department_id = ANY ((SELECT scope.departments())::bigint[])
  AND (a.to_date IS NULL OR a.to_date >= current_date
       OR NOT EXISTS (SELECT FROM assignments b WHERE b.employee_id = a.employee_id AND b.from_date > a.from_date));

CREATE VIEW scope.processes AS
SELECT p.id FROM processes p WHERE p.department_id = ANY ((SELECT scope.departments())::bigint[]);

-- by code, because work points at a batch's first revision; as the owner, because the policy of batches asks it
CREATE FUNCTION scope.worked_on(batch text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM batches b JOIN work_records w ON w.batch_id = b.id
        WHERE b.code = batch AND b.revision = 1
          AND (w.process_id IN (SELECT id FROM scope.processes)
               OR w.employee_id IN (SELECT employee_id FROM scope.staff)))
$$;

GRANT USAGE ON SCHEMA scope TO retrace_app;
GRANT SELECT ON scope.staff, scope.processes TO retrace_app;
"""

_AUDIT = """
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: it is kept as it is', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- one event per row. Arguments: columns never written down; columns that identify somebody; whom (table, column)
CREATE FUNCTION audit.write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    secret text[] := string_to_array(TG_ARGV[0], ',');
    identity text[] := string_to_array(TG_ARGV[1], ',');
    who bigint := nullif(current_setting('retrace.account', true), '')::bigint;
    asked text := nullif(current_setting('retrace.request', true), '');
    why text := nullif(current_setting('retrace.reason', true), '');
    door text := coalesce(nullif(current_setting('retrace.origin', true), ''), 'system');
    employee boolean := coalesce(current_setting('retrace.role', true), '') = 'employee';
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit.events (origin, account_id, request, reason, action, table_name, row_id, code, digest)
        SELECT door,
               CASE WHEN unnamed THEN NULL ELSE who END, CASE WHEN unnamed THEN NULL ELSE asked END, why, 'insert',
               TG_TABLE_NAME, (made ->> 'id')::bigint, made ->> 'code',
               sha256(convert_to((made - secret - identity)::text, 'UTF8'))
        FROM (
            SELECT made, (TG_TABLE_NAME = 'difficulty_reports' AND made ->> 'reported_by_id' IS NULL)
                         OR (TG_TABLE_NAME = 'issues' AND employee) AS unnamed
            FROM (SELECT jsonb_strip_nulls(to_jsonb(new_rows)) AS made FROM new_rows) AS rows
        ) AS told;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF identity = '{}' THEN
            INSERT INTO audit.events (origin, account_id, request, reason, action, table_name, row_id, code, old, new)
            SELECT door, who, asked, why, 'update', TG_TABLE_NAME, (n ->> 'id')::bigint, n ->> 'code',
                   audit.differing(o, n, secret), audit.differing(n, o, secret)
            FROM (SELECT to_jsonb(old_rows) AS o, to_jsonb(new_rows) AS n
                  FROM old_rows JOIN new_rows USING (id)) AS both_rows;
        ELSE
            WITH both_rows AS MATERIALIZED (
                SELECT nextval('audit.event_ids') AS event, to_jsonb(old_rows) AS o, to_jsonb(new_rows) AS n
                FROM old_rows JOIN new_rows USING (id)
            ), told AS (
                INSERT INTO audit.events
                    (id, origin, account_id, request, reason, action, table_name, row_id, code, old, new)
                SELECT event, door, who, asked, why, 'update', TG_TABLE_NAME, (n ->> 'id')::bigint, n ->> 'code',
                       audit.differing(o, n, secret) - identity, audit.differing(n, o, secret) - identity
                FROM both_rows
            )
            INSERT INTO audit.identities (event_id, subject, plain)
            SELECT event, TG_ARGV[2] || ':' || (o ->> TG_ARGV[3]),
                   jsonb_build_object('old', audit.only(audit.differing(o, n, secret), identity),
                                      'new', audit.only(audit.differing(n, o, secret), identity))
            FROM both_rows WHERE audit.only(audit.differing(o, n, secret), identity) <> '{}'
                              OR audit.only(audit.differing(n, o, secret), identity) <> '{}';
        END IF;
        RETURN NULL;
    END IF;
    WITH gone AS MATERIALIZED (
        SELECT nextval('audit.event_ids') AS event, jsonb_strip_nulls(to_jsonb(old_rows)) AS o FROM old_rows
    ), told AS (
        INSERT INTO audit.events (id, origin, account_id, request, reason, action, table_name, row_id, code, old)
        SELECT event, door, who, asked, why, 'delete', TG_TABLE_NAME, (o ->> 'id')::bigint, o ->> 'code',
               o - secret - identity
        FROM gone
    )
    INSERT INTO audit.identities (event_id, subject, plain)
    SELECT event, TG_ARGV[2] || ':' || (o ->> TG_ARGV[3]), jsonb_build_object('old', audit.only(o, identity))
    FROM gone WHERE audit.only(o, identity) <> '{}';
    RETURN NULL;
END $$;

-- what of one object another does not hold as well; of a secret only that it differs
CREATE FUNCTION audit.differing(one jsonb, other jsonb, secret text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN key = ANY (secret) THEN '"(kept secret)"'::jsonb ELSE value END),
                    '{}'::jsonb)
    FROM jsonb_each(one) WHERE value IS DISTINCT FROM other -> key
$$;

CREATE FUNCTION audit.only(given jsonb, names text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}'::jsonb) FROM jsonb_each(given) WHERE key = ANY (names)
$$;

-- what leaves no trace in a table: reads of personal data, exports, restores
CREATE FUNCTION audit.note(action text, what text, code text, told jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
    INSERT INTO audit.events (origin, account_id, request, reason, action, table_name, code, new)
    VALUES (coalesce(nullif(current_setting('retrace.origin', true), ''), 'system'),
            nullif(current_setting('retrace.account', true), '')::bigint,
            nullif(current_setting('retrace.request', true), ''), nullif(current_setting('retrace.reason', true), ''),
            action, what, code, told)
$$;

-- every new table is watched by calling this in its migration
CREATE FUNCTION audit.watch(what regclass, secret text DEFAULT '', identity text DEFAULT '', subject text DEFAULT '',
                            subject_column text DEFAULT 'id') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    given text := format('audit.write(%L, %L, %L, %L)', secret, identity, subject, subject_column);
BEGIN
    EXECUTE format('CREATE TRIGGER audit_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION %s', what, given);
    EXECUTE format('CREATE TRIGGER audit_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows'
                   ' NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %s', what, given);
    EXECUTE format('CREATE TRIGGER audit_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION %s', what, given);
    EXECUTE format('CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()', what);
END $$;
"""

#: the event's text that the chain hashes; verification reads nothing else
_LINES = """
CREATE VIEW audit.lines AS
SELECT e.id, jsonb_build_array(
           e.id, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.origin, e.account_id, e.request,
           e.reason, e.action, e.table_name, e.row_id, e.code, encode(e.digest, 'hex'), e.old, e.new, i.subject,
           encode(i.sealed, 'hex'))::text AS line
FROM audit.events e LEFT JOIN audit.identities i ON i.event_id = e.id;
"""

#: (table, never written down, identifies somebody, whom: table and column)
_WATCHED = (
    *((name, "", "", "", "id") for name in (
        "departments", "posts", "assignments", "shifts", "standards", "standard_versions", "clauses", "processes",
        "process_versions", "courses", "course_covers", "requirements", "training_records", "surveys", "batches",
        "batch_inputs", "work_records", "work_participants", "inspections", "findings", "difficulty_reports", "issues",
        "scorings", "suggestions", "decisions", "plans", "plan_items", "account_departments", "attribute_keys",
    )),
    ("employees", "", "name,email", "employees", "id"),
    ("credentials", "", "number", "employees", "employee_id"),
    ("accounts", "password_hash", "login,name", "accounts", "id"),
)


def upgrade() -> None:
    """Build."""
    _accounts()
    _scope()
    _audit()
    _outbox()
    _idempotency()


def _accounts() -> None:
    op.add_column("accounts", sa.Column("everywhere", sa.Boolean(), server_default="true", nullable=False))
    op.alter_column("accounts", "everywhere", server_default="false")
    op.create_table(
        "account_departments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_departments_account_id")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["departments.id"], name=op.f("fk_account_departments_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_departments")),
        sa.UniqueConstraint(
            "account_id", "department_id", name=op.f("uq_account_departments_account_id_department_id")
        ),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON account_departments TO retrace_app")


def _scope() -> None:
    op.execute(_SCOPE)
    mine = "{0} = ANY ((SELECT scope.departments())::bigint[])"
    columns = {name: mine.format(name) for name in ("id", "department_id")}
    everywhere = "(SELECT scope.everywhere())"
    for table, reads in _READS.items():
        seen = f"{everywhere} OR {reads.format(**columns)}"
        # what the whole site shares is read by all, and written only by who is for the whole site
        written = seen.replace("department_id IS NULL OR ", "")
        _policies(table, seen, written)
    for table in _SHARED:
        _policies(table, "true", everywhere)


def _policies(table: str, seen: str, written: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
    op.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({written})")
    op.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({written}) WITH CHECK ({written})")


def _audit() -> None:
    op.execute("CREATE SCHEMA audit")
    op.execute("CREATE SEQUENCE audit.event_ids")
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('audit.event_ids')"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column(
            "txid", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("old", postgresql.JSONB(), nullable=True),
        sa.Column("new", postgresql.JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        schema="audit",
    )
    op.create_index(op.f("ix_events_txid"), "events", ["txid"], schema="audit")
    op.create_index(
        op.f("ix_events_table_name_code"), "events", ["table_name", "code"], schema="audit",
        postgresql_where=sa.text("code IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_events_account_id_id"), "events", ["account_id", "id"], schema="audit",
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_table(
        "identities",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("plain", postgresql.JSONB(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_identities")),
        schema="audit",
    )
    op.create_table(
        "keys",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_keys")),
        schema="audit",
    )
    op.create_table(
        "chain",
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_chain")),
        sa.UniqueConstraint("event_id", name=op.f("uq_chain_event_id")),
        schema="audit",
    )
    op.create_table(
        "seals",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("upto_txid", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seals")),
        schema="audit",
    )
    op.execute(_AUDIT)
    op.execute(_LINES)
    for table in ("events", "chain", "seals"):
        op.execute(f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.{table}"
                   " FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()")
    for grant in (
        "GRANT USAGE ON SCHEMA audit TO retrace_app",
        "GRANT SELECT ON audit.events, audit.identities, audit.keys, audit.chain, audit.seals, audit.lines"
        " TO retrace_app",
        "GRANT INSERT ON audit.chain, audit.seals, audit.keys TO retrace_app",
        "GRANT USAGE ON SEQUENCE audit.seals_id_seq TO retrace_app",
        "GRANT UPDATE (plain, sealed) ON audit.identities TO retrace_app",
        "GRANT DELETE ON audit.keys TO retrace_app",
        "REVOKE EXECUTE ON FUNCTION audit.watch FROM PUBLIC",
    ):
        op.execute(grant)
    for watched in _WATCHED:
        given = ", ".join(f"'{part}'" for part in watched)
        op.execute(f"SELECT audit.watch({given})")


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column(
            "txid", sa.BigInteger(), server_default=sa.text("pg_current_xact_id()::text::bigint"), nullable=False
        ),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("position", name=op.f("uq_outbox_position")),
    )
    op.create_index(
        op.f("ix_outbox_id"), "outbox", ["id"], postgresql_where=sa.text("position IS NULL")
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["position"], ["outbox.position"], name=op.f("fk_deliveries_position")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("consumer", "position", name=op.f("uq_deliveries_consumer_position")),
    )
    op.create_index(
        op.f("ix_deliveries_consumer_subject_position"), "deliveries", ["consumer", "subject", "position"],
        postgresql_where=sa.text("delivered_at IS NULL"),
    )
    op.execute("CREATE SEQUENCE outbox_positions")
    op.execute("GRANT SELECT, INSERT, UPDATE ON outbox, deliveries TO retrace_app")
    op.execute("GRANT USAGE ON SEQUENCE outbox_positions TO retrace_app")


def _idempotency() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"])
    op.execute("GRANT SELECT, INSERT, DELETE ON idempotency_keys TO retrace_app")


def downgrade() -> None:
    """Take back."""
    for table in ("idempotency_keys", "deliveries", "outbox"):
        op.drop_table(table)
    op.execute("DROP SEQUENCE outbox_positions")
    for table in (name for name, *_ in _WATCHED):
        for event in ("insert", "update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER audit_{event} ON {table}")
    op.execute("DROP SCHEMA audit CASCADE")
    for table in (*_READS, *_SHARED):
        for policy in ("seen", "added", "changed"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP SCHEMA scope CASCADE")
    op.drop_table("account_departments")
    op.drop_column("accounts", "everywhere")
