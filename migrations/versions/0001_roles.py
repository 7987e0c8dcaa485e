"""The roles beside the owner: a worker that sees every row, an API that sees what policies allow.

Roles belong to the whole server, so they may exist already (another database, another process at
the same moment, or an operator who made them with passwords); then they are left as they are.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = {"ccc_worker": "LOGIN BYPASSRLS", "ccc_api": "LOGIN NOBYPASSRLS"}


def upgrade() -> None:
    for role, attributes in ROLES.items():
        op.execute(f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} {attributes};
                END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
            END $$
        """)
    op.execute("GRANT USAGE ON SCHEMA public TO ccc_worker, ccc_api")
    op.execute("GRANT SELECT ON alembic_version TO ccc_worker, ccc_api")
    # The worker writes every table made from here on; what the API may touch is granted table by table.
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ccc_worker")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO ccc_worker")


def downgrade() -> None:
    for role in ROLES:
        op.execute(f"DROP OWNED BY {role}")  # takes back what was granted in this database
        op.execute(f"""
            DO $$ BEGIN
                DROP ROLE {role};
            EXCEPTION WHEN dependent_objects_still_exist OR object_in_use OR insufficient_privilege THEN
                NULL;  -- another database of this server still knows it
            END $$
        """)
