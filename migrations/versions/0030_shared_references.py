"""What records claim to be outside, and the mark of those that two people claim."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "records", sa.Column("shared_reference", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_table(
        "reference_claims",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("reference", "user_id", "record_id", name=op.f("pk_reference_claims")),
    )
    op.create_index("ix_reference_claims_user_id_record_id", "reference_claims", ["user_id", "record_id"])
    op.create_table(
        "reference_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("claims", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_changes")),
    )
    # What is there already claims by the names that it still tells: copies by their origin, and the origins.
    op.execute("""
        INSERT INTO reference_changes (user_id, record_id, claims)
        SELECT user_id, id, CASE WHEN upstream_ref IS NOT NULL THEN ARRAY[upstream_partner || ':' || upstream_ref]
                                 ELSE '{}' END
               || CASE WHEN partner_name = 'garmin' THEN ARRAY(SELECT 'garmin:' || name
                                                               FROM unnest(partner_ref || known_as) AS name)
                       ELSE '{}' END
        FROM records WHERE deleted_at IS NULL AND (upstream_ref IS NOT NULL OR partner_name = 'garmin')
    """)


def downgrade() -> None:
    op.drop_table("reference_changes")
    op.drop_table("reference_claims")
    op.drop_column("records", "shared_reference")
