"""What could not become a record, and what is still to be pulled."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("path", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("partner_name", "fingerprint", name=op.f("uq_quarantine_partner_name_fingerprint")),
    )
    op.create_index("ix_quarantine_partner_name_id", "quarantine", ["partner_name", "id"], unique=False)
    op.create_index("ix_quarantine_partner_name_person_ref", "quarantine", ["partner_name", "person_ref"], unique=False)
    op.create_table(
        "pending_fetches",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("partner_ref", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partner_name", "partner_ref", name=op.f("pk_pending_fetches")),
    )


def downgrade() -> None:
    op.drop_table("pending_fetches")
    op.drop_table("quarantine")
