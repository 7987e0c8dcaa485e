"""Day totals have a verdict."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("day_totals", sa.Column("verdict", sa.Text(), server_default=sa.text("'accepted'"), nullable=False))
    op.add_column(
        "day_totals", sa.Column("reasons", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("day_totals", "reasons")
    op.drop_column("day_totals", "verdict")
