"""How far the histories of a challenge that is over have been deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("challenge_snapshots", sa.Column("forgotten_after", sa.Uuid(), nullable=True))
    op.add_column("challenge_snapshots", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("challenge_snapshots", "forgotten_at")
    op.drop_column("challenge_snapshots", "forgotten_after")
