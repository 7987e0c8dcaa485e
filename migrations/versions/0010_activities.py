"""The canonical workouts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activities",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sport", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("elapsed_seconds", sa.Float(), nullable=False),
        sa.Column("moving_seconds", sa.Float(), nullable=True),
        sa.Column("distance_meters", sa.Float(), nullable=True),
        sa.Column("energy_kcal", sa.Float(), nullable=False),
        sa.Column("energy_source", sa.Text(), nullable=False),
        sa.Column("met_code", sa.Text(), nullable=True),
        sa.Column("mass_kg", sa.Float(), nullable=True),
        sa.Column("steps", sa.BigInteger(), nullable=True),
        sa.Column("pulse_bpm", sa.Integer(), nullable=True),
        sa.Column("manual", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("speaks_record_id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("owner_only", sa.Boolean(), nullable=False),
        sa.Column("record_count", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_activities")),
    )
    op.create_index("ix_activities_id", "activities", ["id"], unique=False)
    op.create_index("ix_activities_started_at_id", "activities", ["started_at", "id"], unique=False)
    op.create_index("ix_activities_updated_at_id", "activities", ["updated_at", "id"], unique=False)
    op.create_index("ix_activities_user_id_local_date", "activities", ["user_id", "local_date"], unique=False)
    op.create_index("ix_activities_user_id_started_at_id", "activities", ["user_id", "started_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("activities")
