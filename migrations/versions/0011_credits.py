"""The ledger, which only grows, and its balances."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Corrections are entries of their own, so nobody, the owner included, may change or remove one.
REFUSE = """
CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: book a counter-entry' USING ERRCODE = 'restrict_violation';
END $$
"""
GUARDS = (
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON credit_entries FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()",
    "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON credit_entries EXECUTE FUNCTION refuse_ledger_change()",
)


def upgrade() -> None:
    op.create_table(
        "credit_entries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("rulebook_version", sa.Integer(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("reverses", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_credit_entries")),
        sa.UniqueConstraint("user_id", "idempotency_key", name=op.f("uq_credit_entries_user_id_idempotency_key")),
    )
    op.create_index("ix_credit_entries_id", "credit_entries", ["id"], unique=False)
    op.create_index("ix_credit_entries_user_id_local_date", "credit_entries", ["user_id", "local_date"], unique=False)
    op.create_table(
        "credit_balances",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credit_balances")),
    )

    op.execute(REFUSE)
    for guard in GUARDS:
        op.execute(guard)


def downgrade() -> None:
    op.drop_table("credit_balances")
    op.drop_table("credit_entries")
    op.execute("DROP FUNCTION refuse_ledger_change()")
