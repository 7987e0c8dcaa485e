"""Sources' reports with their raw payloads, tombstones and day totals."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "records",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("partner_ref", sa.Text(), nullable=False),
        sa.Column("known_as", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sport", sa.Text(), nullable=False),
        sa.Column("sport_word", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("utc_offset_seconds", sa.Integer(), nullable=True),
        sa.Column("elapsed_seconds", sa.Float(), nullable=False),
        sa.Column("moving_seconds", sa.Float(), nullable=True),
        sa.Column("distance_meters", sa.Float(), nullable=True),
        sa.Column("energy_kcal", sa.Float(), nullable=True),
        sa.Column("energy_kind", sa.Text(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("pulse_bpm", sa.Integer(), nullable=True),
        sa.Column("peak_speed_mps", sa.Float(), nullable=True),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("coarse", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("upstream_partner", sa.Text(), nullable=True),
        sa.Column("upstream_ref", sa.Text(), nullable=True),
        sa.Column("device_name", sa.Text(), nullable=True),
        sa.Column("place_code", sa.Text(), nullable=True),
        sa.Column("owner_only", sa.Boolean(), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_records")),
        sa.UniqueConstraint(
            "user_id", "partner_name", "partner_ref", name=op.f("uq_records_user_id_partner_name_partner_ref")
        ),
    )
    op.create_index("ix_records_id", "records", ["id"], unique=False)
    op.create_index("ix_records_user_id_activity_id", "records", ["user_id", "activity_id"], unique=False)
    op.create_index("ix_records_user_id_started_at", "records", ["user_id", "started_at"], unique=False)
    op.create_table(
        "payloads",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "record_id", name=op.f("pk_payloads")),
    )
    op.create_table(
        "tombstones",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("partner_ref", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "partner_name", "partner_ref", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "day_totals",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("distance_meters", sa.Float(), nullable=True),
        sa.Column("energy_kcal", sa.Float(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "local_date", "partner_name", name=op.f("pk_day_totals")),
    )


def downgrade() -> None:
    op.drop_table("day_totals")
    op.drop_table("tombstones")
    op.drop_table("payloads")
    op.drop_table("records")
