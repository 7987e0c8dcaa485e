"""Standings of teams by level: participants, regular weeks, figures; totals of challenges."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

READ_BY_THE_API = ("team_participants", "challenge_weeks", "challenge_totals")
RANKED = "ix_team_standings_challenge_id_depth_ranked_figure_team_id"
BY_TEAM = "ix_team_standings_team_id_challenge_id"


def upgrade() -> None:
    op.add_column("team_standings", sa.Column("depth", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "team_standings", sa.Column("participants", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "team_standings", sa.Column("regular_weeks", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("team_standings", sa.Column("figure", sa.BigInteger(), nullable=True))
    op.add_column("team_standings", sa.Column("figured_on", sa.Date(), nullable=True))
    op.add_column("team_standings", sa.Column("ranked", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(RANKED, "team_standings", ["challenge_id", "depth", "ranked", sa.text("figure DESC"), "team_id"])
    op.create_index(BY_TEAM, "team_standings", ["team_id", "challenge_id"])
    op.alter_column("team_standing_changes", "challenge_id", nullable=True)
    op.alter_column("team_standing_changes", "score", server_default=sa.text("0"))
    op.add_column("team_standing_changes", sa.Column("user_id", sa.Uuid(), nullable=True))
    op.add_column(
        "team_standing_changes", sa.Column("regular_weeks", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_table(
        "team_participants",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", "team_id", name=op.f("pk_team_participants")),
    )
    op.create_table(
        "challenge_weeks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", "starts_on", name=op.f("pk_challenge_weeks")),
    )
    op.create_table(
        "challenge_totals",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Numeric(30, 0), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", name=op.f("pk_challenge_totals")),
    )
    # Rows that are updated by every pass: room for the next version on the same page.
    for table in ("team_standings", "challenge_totals"):
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 70)")
    for table in READ_BY_THE_API:
        op.execute(f"GRANT SELECT ON {table} TO ccc_api")


def downgrade() -> None:
    for table in READ_BY_THE_API:
        op.drop_table(table)
    op.execute("ALTER TABLE team_standings RESET (fillfactor)")
    op.drop_column("team_standing_changes", "regular_weeks")
    op.drop_column("team_standing_changes", "user_id")
    op.alter_column("team_standing_changes", "score", server_default=None)
    op.execute("DELETE FROM team_standing_changes WHERE challenge_id IS NULL")
    op.alter_column("team_standing_changes", "challenge_id", nullable=False)
    op.drop_index(BY_TEAM, "team_standings")
    op.drop_index(RANKED, "team_standings")
    for column in ("ranked", "figured_on", "figure", "regular_weeks", "participants", "depth"):
        op.drop_column("team_standings", column)
