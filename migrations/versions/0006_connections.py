"""Links of citizens to partners, and who a partner's person is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("access_token_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_token_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("token_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_record_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "partner_name", name=op.f("pk_connections")),
    )
    op.create_index("ix_connections_partner_name_user_id", "connections", ["partner_name", "user_id"], unique=False)
    op.create_table(
        "persons",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("person_ref", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("partner_name", "person_ref", name=op.f("pk_persons")),
    )
    op.create_index(op.f("ix_persons_user_id"), "persons", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("persons")
    op.drop_table("connections")
