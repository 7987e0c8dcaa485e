"""The 95th percentile of a track's speed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("records", sa.Column("p95_speed_mps", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("records", "p95_speed_mps")
