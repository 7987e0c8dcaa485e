"""A statement of account: what the balance was after each entry, what its issuer says of it, other kinds than exercise."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credit_entries", sa.Column("balance_after", sa.BigInteger(), nullable=True))
    op.add_column("credit_entries", sa.Column("cause_th", sa.Text(), nullable=True))
    op.add_column("credit_entries", sa.Column("cause_en", sa.Text(), nullable=True))
    op.create_index(
        "ix_credit_entries_user_id_kind_id",
        "credit_entries",
        ["user_id", "kind", "id"],
        postgresql_where=sa.text("kind <> 'exercise'"),
    )


def downgrade() -> None:
    op.drop_index("ix_credit_entries_user_id_kind_id", table_name="credit_entries")
    for column in ("cause_en", "cause_th", "balance_after"):
        op.drop_column("credit_entries", column)
