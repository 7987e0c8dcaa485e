"""A random pseudonym for each participation, by which leaderboards show people to outsiders."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "enrolments",
        sa.Column("pseudonym_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("enrolments", "pseudonym_id")
