"""What is withheld stands beside the counters; all is withheld until the first pass has judged it."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "place_periods", sa.Column("withheld", sa.Text(), server_default="too_few_people", nullable=True)
    )
    # A change of nothing asks the pass to judge the place and all that contain it.
    op.execute("""
        INSERT INTO place_changes (home_place_code, period, starts_on, participants, activities, moving_seconds,
                                   distance_meters, energy_kcal, credits)
        SELECT s.place_code, s.period, s.starts_on, 0, 0, 0, 0, 0, 0
        FROM place_periods s JOIN places p ON p.code = s.place_code WHERE p.kind IN ('district', 'subdistrict')
    """)


def downgrade() -> None:
    op.drop_column("place_periods", "withheld")
