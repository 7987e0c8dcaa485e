"""What everybody counts together in a collective goal, by day, and the queue it is folded from."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "collective_days",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("score", sa.Numeric(30, 0), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "local_date", name=op.f("pk_collective_days")),
    )
    op.execute("GRANT SELECT ON collective_days TO ccc_api")
    op.create_table(
        "collective_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collective_changes")),
    )
    # As for the other queues (0016).
    op.execute("""
        ALTER TABLE collective_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
    """)
    op.execute("""
        INSERT INTO collective_days (challenge_id, local_date, score)
        SELECT d.challenge_id, d.local_date, sum(d.value)
        FROM challenge_days d JOIN challenges c ON c.id = d.challenge_id AND c.mode = 'collective_goal'
        GROUP BY d.challenge_id, d.local_date
    """)


def downgrade() -> None:
    op.drop_table("collective_changes")
    op.drop_table("collective_days")
