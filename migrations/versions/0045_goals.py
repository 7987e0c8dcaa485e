"""Goals that people set for themselves, and the days, weeks and months that they are paged by."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "goals",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "metric", "period", "starts_on", name=op.f("pk_goals")),
    )
    op.create_table(
        "calendar",
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("period", "starts_on", name=op.f("pk_calendar")),
    )
    # The first Monday is that of the week in which 2025 began.
    op.execute("""
        INSERT INTO calendar (period, starts_on, ends_on)
        SELECT p.period, CAST(s.day AS date), CAST(s.day + CAST('1 ' || p.period AS interval) AS date) - 1
        FROM (VALUES ('day', DATE '2025-01-01'), ('week', DATE '2024-12-30'), ('month', DATE '2025-01-01'))
                 AS p(period, first)
        CROSS JOIN LATERAL generate_series(CAST(p.first AS timestamp), TIMESTAMP '2075-12-31',
                                           CAST('1 ' || p.period AS interval)) AS s(day)
        ORDER BY p.period, s.day
    """)
    op.execute("ANALYZE calendar")
    op.execute("GRANT SELECT ON goals, calendar TO ccc_api")


def downgrade() -> None:
    op.drop_table("calendar")
    op.drop_table("goals")
