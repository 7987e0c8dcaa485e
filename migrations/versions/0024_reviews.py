"""Decisions on flagged activities, appeals, and the queue of what waits."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLES = ("reviews", "appeals", "review_queue")


def _words(name: str) -> sa.Column:
    return sa.Column(name, sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        _words("reasons"),
        sa.Column("figures_hash", sa.LargeBinary(), nullable=False),
        sa.Column("reviewer_kind", sa.Text(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("partner_name", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "user_id", "activity_id", "idempotency_key", name=op.f("uq_reviews_user_id_activity_id_idempotency_key")
        ),
    )
    op.create_index("ix_reviews_user_id_record_id_id", "reviews", ["user_id", "record_id", "id"])
    op.create_table(
        "appeals",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        _words("reasons"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_appeals")),
        sa.UniqueConstraint(
            "user_id", "activity_id", "verdict", "reasons", name=op.f("uq_appeals_user_id_activity_id_verdict_reasons")
        ),
    )
    op.create_table(
        "review_queue",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        _words("reasons"),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "activity_id", name=op.f("pk_review_queue")),
    )
    order = ["appealed_at", "flagged_at", "user_id", "activity_id"]
    op.create_index("ix_review_queue_order", "review_queue", order)
    op.create_index("ix_review_queue_partner_order", "review_queue", ["partner_name", *order])
    # What was flagged before there was a queue waits since then.
    op.execute("""
        INSERT INTO review_queue (user_id, activity_id, record_id, partner_name, verdict, reasons, flagged_at)
        SELECT user_id, id, speaks_record_id, partner_name, verdict, reasons, updated_at FROM activities
        WHERE verdict = 'flagged' AND deleted_at IS NULL
    """)
    for table in TABLES:
        op.execute(f"GRANT SELECT ON {table} TO ccc_api")
    # Decisions and appeals are only ever added; erasing a person deletes them.
    op.execute("REVOKE UPDATE ON reviews, appeals FROM ccc_worker")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
