"""Words for sports that no table knows, by partner, and the queue that they are added up from."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unmapped_sports",
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("partner_name", "word", name=op.f("pk_unmapped_sports")),
    )
    op.create_index("ix_unmapped_sports_partner_name_records", "unmapped_sports", ["partner_name", "records"])
    op.create_index("ix_unmapped_sports_records", "unmapped_sports", ["records"])
    op.create_table(
        "unmapped_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmapped_changes")),
    )
    op.execute("GRANT SELECT ON unmapped_sports TO ccc_api")
    # What is there already, at once: it is a count, and nobody else writes it yet.
    op.execute("""
        INSERT INTO unmapped_sports (partner_name, word, records, first_seen_at, last_seen_at)
        SELECT partner_name, left(sport_word, 100), count(*), min(received_at), max(received_at)
        FROM records WHERE sport = 'other' AND sport_word <> '' GROUP BY 1, 2
    """)


def downgrade() -> None:
    op.drop_table("unmapped_changes")
    op.drop_table("unmapped_sports")
