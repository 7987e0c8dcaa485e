"""The balances after the entries that were there before these were kept, in the order of their ids."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The one change the ledger ever takes: a figure that follows from the others, before anybody has read it.
    op.execute("ALTER TABLE credit_entries DISABLE TRIGGER append_only")
    op.execute("""
        UPDATE credit_entries e SET balance_after = s.balance
        FROM (SELECT user_id, id, sum(amount) OVER (PARTITION BY user_id ORDER BY id) AS balance
              FROM credit_entries) s
        WHERE e.user_id = s.user_id AND e.id = s.id
    """)
    op.execute("ALTER TABLE credit_entries ENABLE TRIGGER append_only")
    op.alter_column("credit_entries", "balance_after", nullable=False)


def downgrade() -> None:
    op.alter_column("credit_entries", "balance_after", nullable=True)
