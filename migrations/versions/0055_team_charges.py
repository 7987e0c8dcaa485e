"""Who is in charge of teams and keeps them, and how members show."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("teams", sa.Column("partner_name", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("made_by", sa.Text(), nullable=True))
    op.create_index("ix_teams_made_by", "teams", ["made_by"], postgresql_where=sa.text("made_by IS NOT NULL"))
    op.add_column("memberships", sa.Column("role", sa.Text(), server_default="member", nullable=False))
    op.add_column("memberships", sa.Column("shown_as", sa.Text(), server_default="name", nullable=False))
    pseudonym = sa.Column("pseudonym_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False)
    op.add_column("memberships", pseudonym)


def downgrade() -> None:
    for column in ("pseudonym_id", "shown_as", "role"):
        op.drop_column("memberships", column)
    op.drop_index("ix_teams_made_by", table_name="teams")
    for column in ("made_by", "partner_name"):
        op.drop_column("teams", column)
