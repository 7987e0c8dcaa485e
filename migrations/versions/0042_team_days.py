"""How people come to belong to a team, how many it takes, and how many belonged to it on each day."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("teams", sa.Column("joining", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("most_members", sa.Integer(), nullable=True))
    op.execute("UPDATE teams SET joining = CASE WHEN open THEN 'open' ELSE 'closed' END")
    op.alter_column("teams", "joining", nullable=False)
    op.drop_column("teams", "open")
    op.create_table(
        "team_days",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("member_days_before", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "local_date", name=op.f("pk_team_days")),
    )
    op.execute("GRANT SELECT ON team_days TO ccc_api")


def downgrade() -> None:
    op.drop_table("team_days")
    op.add_column("teams", sa.Column("open", sa.Boolean(), nullable=True))
    op.execute("UPDATE teams SET open = joining = 'open'")
    op.alter_column("teams", "open", nullable=False)
    op.drop_column("teams", "most_members")
    op.drop_column("teams", "joining")
