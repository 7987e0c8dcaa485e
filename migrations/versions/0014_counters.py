"""Daily counters of people and of places."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_days",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("home_place_code", sa.Text(), nullable=True),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.Column("moving_seconds", sa.BigInteger(), nullable=False),
        sa.Column("vigorous_seconds", sa.BigInteger(), nullable=False),
        sa.Column("distance_meters", sa.BigInteger(), nullable=False),
        sa.Column("energy_kcal", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "local_date", name=op.f("pk_user_days")),
    )
    op.create_index("ix_user_days_local_date", "user_days", ["local_date"], unique=False)
    op.create_table(
        "place_days",
        sa.Column("place_code", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("participants", sa.BigInteger(), nullable=False),
        sa.Column("activities", sa.BigInteger(), nullable=False),
        sa.Column("moving_seconds", sa.BigInteger(), nullable=False),
        sa.Column("distance_meters", sa.BigInteger(), nullable=False),
        sa.Column("energy_kcal", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place_code", "local_date", name=op.f("pk_place_days")),
    )


def downgrade() -> None:
    op.drop_table("place_days")
    op.drop_table("user_days")
