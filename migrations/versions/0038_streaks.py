"""Runs of active days and of enough weeks, and the queue of days they are moved by."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "streaks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", "starts_on", name=op.f("pk_streaks")),
    )
    op.create_index(
        "ix_streaks_user_id_kind_length_starts_on",
        "streaks",
        ["user_id", "kind", sa.text("length DESC"), sa.text("starts_on DESC")],
    )
    op.execute("GRANT SELECT ON streaks TO ccc_api")
    op.create_table(
        "day_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_changes")),
    )
    # As for the other queues (0016).
    op.execute("""
        ALTER TABLE day_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
    """)
    op.execute("""
        INSERT INTO streaks (user_id, kind, starts_on, ends_on, length)
        SELECT user_id, 'day', lower(span), upper(span) - 1, upper(span) - lower(span)
        FROM (SELECT user_id, unnest(range_agg(daterange(local_date, local_date + 1))) AS span
              FROM user_days WHERE activities > 0 GROUP BY user_id) AS runs
    """)
    # Which weeks are enough is for the rulebooks to say, so the pass finds those.
    op.execute("INSERT INTO week_changes (user_id, starts_on) SELECT user_id, starts_on FROM user_periods WHERE period = 'week'")


def downgrade() -> None:
    op.drop_table("day_changes")
    op.drop_table("streaks")
