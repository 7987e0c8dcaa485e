"""Jobs: the tables and functions of procrastinate 3.10.0 in a schema of their own, for the worker role alone.

The library's own text, kept here, so that this revision stays what it is when the library goes on.
"""

from pathlib import Path

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXT = Path(__file__).resolve().parents[1] / "procrastinate" / "3.10.0.sql"


def upgrade() -> None:
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path TO jobs")
    # By the driver and without parameters: several statements at once, with percent signs that mean themselves.
    op.get_bind().connection.driver_connection.execute(TEXT.read_text())
    op.execute("SET LOCAL search_path TO DEFAULT")
    # A NOTIFY takes a lock of the whole server at commit, and whoever queues a job does so beside other work.
    op.execute("ALTER TABLE jobs.procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1")
    op.execute("GRANT USAGE ON SCHEMA jobs TO ccc_worker")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO ccc_worker")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO ccc_worker")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA jobs GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ccc_worker")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA jobs GRANT USAGE ON SEQUENCES TO ccc_worker")


def downgrade() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
