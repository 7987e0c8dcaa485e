"""Guardians' consent to minors' taking part."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guardian_consents",
        sa.Column("minor_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guardian_id", sa.Uuid(), nullable=True),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("text_version", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("minor_id", "id", name=op.f("pk_guardian_consents")),
    )
    op.create_index(
        "uq_guardian_consents_minor_id_lives",
        "guardian_consents",
        ["minor_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index("uq_guardian_consents_code", "guardian_consents", ["code"], unique=True)
    op.create_index("ix_guardian_consents_guardian_id", "guardian_consents", ["guardian_id"])
    op.execute("GRANT SELECT ON guardian_consents TO ccc_api")


def downgrade() -> None:
    op.drop_table("guardian_consents")
