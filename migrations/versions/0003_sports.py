"""The taxonomy of sports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sports",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("group_word", sa.Text(), nullable=False),
        sa.Column("parent_word", sa.Text(), nullable=True),
        sa.Column("met_code", sa.Text(), nullable=False),
        sa.Column("met", sa.Float(), nullable=False),
        sa.Column("met_verified", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_sports")),
    )


def downgrade() -> None:
    op.drop_table("sports")
