"""What people say about their records: one workout, or two."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record_links",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("partner_ref", sa.Text(), nullable=False),
        sa.Column("other_partner_name", sa.Text(), nullable=False),
        sa.Column("other_partner_ref", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "user_id",
            "partner_name",
            "partner_ref",
            "other_partner_name",
            "other_partner_ref",
            name=op.f("pk_record_links"),
        ),
    )
    op.create_index(
        "ix_record_links_user_id_idempotency_key",
        "record_links",
        ["user_id", "idempotency_key"],
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("record_links")
