"""Partners declare the format of their own files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partners", sa.Column("mapping", postgresql.JSONB(), nullable=True))
    op.add_column("partners", sa.Column("mapping_version", sa.Integer(), nullable=True))
    op.create_table(
        "partner_mappings",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("spec", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("partner_name", "version", name=op.f("pk_partner_mappings")),
    )
    op.create_index(
        "uq_partner_mappings_partner_name_idempotency_key",
        "partner_mappings",
        ["partner_name", "idempotency_key"],
        unique=True,
    )
    op.execute("GRANT SELECT ON partner_mappings TO ccc_api")


def downgrade() -> None:
    op.execute("UPDATE partners SET adapter = 'thai_agency' WHERE adapter = 'declared'")
    op.drop_table("partner_mappings")
    op.drop_column("partners", "mapping_version")
    op.drop_column("partners", "mapping")
