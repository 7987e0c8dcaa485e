"""Budgets of credits by partner, kind and fiscal year, the decisions about them, and the calls that awarded from them."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_budgets",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("most_per_award", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("spent BETWEEN 0 AND budget", name=op.f("ck_credit_budgets_within_budget")),
        sa.PrimaryKeyConstraint("partner_name", "kind", "starts_on", name=op.f("pk_credit_budgets")),
    )
    op.create_table(
        "credit_budget_changes",
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("most_per_award", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("set_by", "idempotency_key", name=op.f("pk_credit_budget_changes")),
    )
    op.create_index(
        "ix_credit_budget_changes_partner_name_kind_starts_on",
        "credit_budget_changes",
        ["partner_name", "kind", "starts_on"],
    )
    op.create_table(
        "award_calls",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partner_name", "idempotency_key", name=op.f("pk_award_calls")),
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON credit_budget_changes "
        "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON credit_budget_changes "
        "EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute("GRANT SELECT ON credit_budgets, credit_budget_changes TO ccc_api")


def downgrade() -> None:
    for table in ("award_calls", "credit_budget_changes", "credit_budgets"):
        op.drop_table(table)
