"""Weeks of people and places, vigorous seconds in people's periods, and who exercises regularly as of a week."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

FIGURES = ("activities", "moving_seconds", "distance_meters", "energy_kcal", "credits")
NAMES = ", ".join(FIGURES)
SUMS = ", ".join(f"sum({name})" for name in FIGURES)
NEW = (
    ("user_periods", "vigorous_seconds"),
    ("place_periods", "vigorous_seconds"),
    ("place_periods", "regular_exercisers"),
    ("place_changes", "vigorous_seconds"),
    ("place_changes", "regular_exercisers"),
)


def upgrade() -> None:
    for table, column in NEW:
        op.add_column(table, sa.Column(column, sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "regular_weeks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("home_place_code", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "starts_on", name=op.f("pk_regular_weeks")),
    )
    op.create_index("ix_regular_weeks_starts_on_user_id", "regular_weeks", ["starts_on", "user_id"])
    op.execute("GRANT SELECT ON regular_weeks TO ccc_api")
    op.create_table(
        "week_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_week_changes")),
    )
    op.execute("""
        ALTER TABLE week_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
    """)
    op.execute("""
        UPDATE user_periods p SET vigorous_seconds = d.vigorous_seconds
        FROM (SELECT user_id, CAST(date_trunc('month', CAST(local_date AS timestamp)) AS date) AS starts_on,
                     sum(vigorous_seconds) AS vigorous_seconds FROM user_days GROUP BY 1, 2) d
        WHERE p.user_id = d.user_id AND p.period = 'month' AND p.starts_on = d.starts_on AND d.vigorous_seconds > 0
    """)
    op.execute(f"""
        INSERT INTO user_periods (user_id, period, starts_on, home_place_code, vigorous_seconds, {NAMES})
        SELECT user_id, 'week', CAST(date_trunc('week', CAST(local_date AS timestamp)) AS date) AS starts_on,
               (array_agg(home_place_code ORDER BY local_date DESC))[1], sum(vigorous_seconds), {SUMS}
        FROM user_days GROUP BY user_id, starts_on
    """)
    op.execute(f"""
        INSERT INTO place_periods (place_code, period, starts_on, participants, vigorous_seconds, {NAMES})
        SELECT a.ancestor_code, u.period, u.starts_on, count(*) FILTER (WHERE u.activities > 0),
               sum(u.vigorous_seconds), {SUMS}
        FROM user_periods u JOIN place_ancestors a ON a.place_code = u.home_place_code
        WHERE u.period = 'week' GROUP BY a.ancestor_code, u.period, u.starts_on
    """)
    op.execute("""
        UPDATE place_periods p SET vigorous_seconds = v.vigorous_seconds
        FROM (
            SELECT a.ancestor_code, u.period, u.starts_on, sum(u.vigorous_seconds) AS vigorous_seconds
            FROM (
                SELECT home_place_code, 'day' AS period, local_date AS starts_on, vigorous_seconds FROM user_days
                UNION ALL SELECT home_place_code, period, starts_on, vigorous_seconds FROM user_periods
                          WHERE period = 'month'
            ) u JOIN place_ancestors a ON a.place_code = u.home_place_code GROUP BY 1, 2, 3
        ) v
        WHERE p.place_code = v.ancestor_code AND p.period = v.period AND p.starts_on = v.starts_on
          AND v.vigorous_seconds > 0
    """)
    # A change of nothing asks the pass to judge what is withheld. Who exercises regularly is found by the first roll.
    op.execute("""
        INSERT INTO place_changes (home_place_code, period, starts_on, participants, activities, moving_seconds,
                                   distance_meters, energy_kcal, credits)
        SELECT s.place_code, s.period, s.starts_on, 0, 0, 0, 0, 0, 0
        FROM place_periods s JOIN places p ON p.code = s.place_code
        WHERE s.period = 'week' AND p.kind IN ('district', 'subdistrict')
    """)


def downgrade() -> None:
    for table in ("place_changes", "place_periods", "user_periods"):
        op.execute(f"DELETE FROM {table} WHERE period = 'week'")
    op.execute("DELETE FROM progress WHERE name = 'weekly roll'")
    op.drop_table("week_changes")
    op.drop_table("regular_weeks")
    for table, column in NEW:
        op.drop_column(table, column)
