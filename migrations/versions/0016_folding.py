"""Counters by period, and queues from which a pass folds what many people share."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FIGURES = ("activities", "moving_seconds", "distance_meters", "energy_kcal", "credits")
NAMES = ", ".join(FIGURES)
SUMS = ", ".join(f"sum({name})" for name in FIGURES)
READ_BY_THE_API = ("user_periods", "place_periods")
QUEUES = ("place_changes", "team_standing_changes")


def upgrade() -> None:
    op.create_table(
        "user_periods",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("home_place_code", sa.Text(), nullable=True),
        sa.Column("activities", sa.Integer(), nullable=False),
        sa.Column("moving_seconds", sa.BigInteger(), nullable=False),
        sa.Column("distance_meters", sa.BigInteger(), nullable=False),
        sa.Column("energy_kcal", sa.BigInteger(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "period", "starts_on", name=op.f("pk_user_periods")),
    )
    op.create_table(
        "place_periods",
        sa.Column("place_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("participants", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("place_code", "period", "starts_on", name=op.f("pk_place_periods")),
    )
    op.create_table(
        "place_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("home_place_code", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("participants", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_changes")),
    )
    op.create_table(
        "team_standing_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_standing_changes")),
    )
    for queue in QUEUES:
        # Emptied every second: vacuum often and at full speed, and not because rows were added.
        op.execute(f"""
            ALTER TABLE {queue} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
        """)
    # Rows that are updated by every pass: room for the next version on the same page.
    op.execute("ALTER TABLE place_periods SET (fillfactor = 70)")
    for table in READ_BY_THE_API:
        op.execute(f"GRANT SELECT ON {table} TO ccc_api")
    op.execute(f"""
        INSERT INTO place_periods (place_code, period, starts_on, participants, {NAMES})
        SELECT place_code, 'day', local_date, participants, {NAMES} FROM place_days
    """)  # noqa: S608
    op.execute(f"""
        INSERT INTO user_periods (user_id, period, starts_on, home_place_code, {NAMES})
        SELECT user_id, 'month', CAST(date_trunc('month', CAST(local_date AS timestamp)) AS date) AS starts_on,
               (array_agg(home_place_code ORDER BY local_date DESC))[1], {SUMS}
        FROM user_days GROUP BY user_id, starts_on
    """)  # noqa: S608
    op.execute(f"""
        INSERT INTO place_periods (place_code, period, starts_on, participants, {NAMES})
        SELECT a.ancestor_code, u.period, u.starts_on, count(*) FILTER (WHERE u.activities > 0), {SUMS}
        FROM user_periods u JOIN place_ancestors a ON a.place_code = u.home_place_code
        GROUP BY a.ancestor_code, u.period, u.starts_on
    """)  # noqa: S608
    op.drop_table("place_days")


def downgrade() -> None:
    op.create_table(
        "place_days",
        sa.Column("place_code", sa.Text(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("participants", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in FIGURES),
        sa.PrimaryKeyConstraint("place_code", "local_date", name=op.f("pk_place_days")),
    )
    op.execute("GRANT SELECT ON place_days TO ccc_api")
    # What still waits belongs to the counters, which from here on are kept at once.
    op.execute(f"""
        INSERT INTO place_days (place_code, local_date, participants, {NAMES})
        SELECT place_code, starts_on, sum(participants), {SUMS} FROM (
            SELECT place_code, period, starts_on, participants, {NAMES} FROM place_periods
            UNION ALL
            SELECT a.ancestor_code, c.period, c.starts_on, c.participants, {", ".join(f"c.{each}" for each in FIGURES)}
            FROM place_changes c JOIN place_ancestors a ON a.place_code = c.home_place_code
        ) AS counted WHERE period = 'day' GROUP BY place_code, starts_on
    """)  # noqa: S608
    op.execute("""
        INSERT INTO team_standings AS held (challenge_id, team_id, score)
        SELECT challenge_id, team_id, sum(score) FROM team_standing_changes GROUP BY challenge_id, team_id
        ON CONFLICT (challenge_id, team_id) DO UPDATE SET score = held.score + excluded.score
    """)
    for table in ("team_standing_changes", "place_changes", "place_periods", "user_periods"):
        op.drop_table(table)
