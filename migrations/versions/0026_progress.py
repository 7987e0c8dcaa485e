"""How far recurring work has come, so that the next run goes on from there."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "progress",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("week", sa.Date(), nullable=True),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("findings", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_progress")),
    )


def downgrade() -> None:
    op.drop_table("progress")
