"""Standings in an order of one direction, and found by their pseudonym."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

LISTED = "ix_standings_challenge_id_score_pseudonym_id"
FOUND = "ix_standings_challenge_id_pseudonym_id"


def upgrade() -> None:
    op.drop_index(LISTED, "standings")
    op.create_index(LISTED, "standings", ["challenge_id", "score", "pseudonym_id"])
    op.create_index(FOUND, "standings", ["challenge_id", "pseudonym_id"])


def downgrade() -> None:
    op.drop_index(FOUND, "standings")
    op.drop_index(LISTED, "standings")
    op.create_index(LISTED, "standings", ["challenge_id", sa.literal_column("score DESC"), "pseudonym_id"])
