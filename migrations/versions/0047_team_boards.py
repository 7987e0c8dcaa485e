"""Boards of teams in an order of one direction; a figure that is not known is 0 and not ranked."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

RANKED = "ix_team_standings_challenge_id_depth_ranked_figure_team_id"
BY_SCORE = "ix_team_standings_challenge_id_score_team_id"


def upgrade() -> None:
    op.drop_index(BY_SCORE, "team_standings")
    op.drop_index(RANKED, "team_standings")
    op.execute("UPDATE team_standings SET figure = 0 WHERE figure IS NULL")
    op.alter_column("team_standings", "figure", nullable=False, server_default=sa.text("0"))
    op.create_index(RANKED, "team_standings", ["challenge_id", "depth", "ranked", "figure", "team_id"])


def downgrade() -> None:
    op.drop_index(RANKED, "team_standings")
    op.alter_column("team_standings", "figure", nullable=True, server_default=None)
    op.create_index(RANKED, "team_standings", ["challenge_id", "depth", "ranked", sa.text("figure DESC"), "team_id"])
    op.create_index(BY_SCORE, "team_standings", ["challenge_id", sa.literal_column("score DESC"), "team_id"])
