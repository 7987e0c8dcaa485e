"""How many people have which score in a challenge, in levels, and the queue it is folded from."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_buckets",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "shift", "bucket", name=op.f("pk_score_buckets")),
    )
    op.create_table(
        "standing_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("score_before", sa.BigInteger(), nullable=True),
        sa.Column("score_after", sa.BigInteger(), nullable=True),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_changes")),
    )
    # As for the other queues (0016), and room for the next version of a row on its own page.
    op.execute("""
        ALTER TABLE standing_changes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
            autovacuum_vacuum_cost_delay = 0, autovacuum_vacuum_insert_threshold = -1,
            autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000)
    """)
    op.execute("ALTER TABLE score_buckets SET (fillfactor = 70)")
    op.execute("GRANT SELECT ON score_buckets TO ccc_api")
    op.execute("""
        INSERT INTO score_buckets (challenge_id, shift, bucket, people)
        SELECT s.challenge_id, l.shift, s.score >> l.shift, sum(s.people)
        FROM (SELECT challenge_id, score, count(*) AS people FROM standings GROUP BY challenge_id, score) s
        CROSS JOIN generate_series(0, 56, 7) AS l(shift)
        GROUP BY s.challenge_id, l.shift, s.score >> l.shift ORDER BY s.challenge_id, l.shift, s.score >> l.shift
    """)


def downgrade() -> None:
    op.drop_table("standing_changes")
    op.drop_table("score_buckets")
