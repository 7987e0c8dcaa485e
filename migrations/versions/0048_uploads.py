"""Files that partners upload, and what of their quarantine each led to."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

COUNTS = (
    "file_bytes", "bytes_read", "bytes_total", "items", "created", "updated", "unchanged", "merged", "deleted",
    "pending", "skipped", "quarantined",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text()),
        sa.Column("person_ref", sa.Text()),
        sa.Column("file_name", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("job_id", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in COUNTS),
        sa.Column("problem_code", sa.Text()),
        sa.Column("problem_message", sa.Text()),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_partner_name_id", "uploads", ["partner_name", "id"])
    op.create_index(
        "ix_uploads_under_way", "uploads", ["partner_name"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "upload_errors",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("quarantine_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "quarantine_id", name=op.f("pk_upload_errors")),
    )
    op.execute("GRANT SELECT ON uploads, upload_errors TO ccc_api")


def downgrade() -> None:
    op.drop_table("upload_errors")
    op.drop_table("uploads")
