"""What waits in a partner's quarantine is found without what is done with."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_quarantine_waiting",
        "quarantine",
        ["partner_name", "id"],
        postgresql_where=sa.text("replayed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_quarantine_waiting", table_name="quarantine")
