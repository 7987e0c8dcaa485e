"""What challenges keep of each day: joins and leaves, who takes part, snapshots, lines of people and teams."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

CELLS = ("age_band", "sex", "province_code")
SHOWN = ("demographic_cells", "enrolment_days", "challenge_snapshots", "standing_days", "team_standing_days")


def upgrade() -> None:
    for name in CELLS:
        op.add_column("enrolments", sa.Column(name, sa.Text(), server_default="unknown", nullable=False))
    op.add_column("standings", sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_standings_shared",
        "standings",
        ["challenge_id", "score", "pseudonym_id"],
        postgresql_where=sa.text("shared_at IS NOT NULL"),
    )
    op.create_table(
        "enrolment_changes",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *[sa.Column(name, sa.Text(), nullable=False) for name in CELLS],
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "local_date", "id", name=op.f("pk_enrolment_changes")),
    )
    op.create_table(
        "enrolment_days",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("joins", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "local_date", name=op.f("pk_enrolment_days")),
    )
    op.create_table(
        "demographic_cells",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("cell", sa.Text(), nullable=False),
        sa.Column("joins", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=True),
        sa.Column("shown_on", sa.Date(), nullable=True),
        sa.Column("withheld", sa.Text(), server_default="too_few_people", nullable=True),
        sa.Column("shown_moves", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("renewed_moves", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "dimension", "cell", name=op.f("pk_demographic_cells")),
        sa.CheckConstraint(
            "(withheld IS NULL) = (people IS NOT NULL) AND coalesce(people, 10) >= 10",
            name=op.f("ck_demographic_cells_shown"),
        ),
    )
    op.create_table(
        "challenge_snapshots",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("enrolled", sa.BigInteger(), nullable=False),
        sa.Column("began", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id", "local_date", name=op.f("pk_challenge_snapshots")),
    )
    op.create_table(
        "standing_days",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", "local_date", name=op.f("pk_standing_days")),
    )
    op.create_table(
        "team_standing_days",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("figure", sa.BigInteger(), nullable=True),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id", "team_id", "local_date", name=op.f("pk_team_standing_days")),
    )
    op.create_table(
        "round_ranks",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("behind", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "score", name=op.f("pk_round_ranks")),
    )
    op.execute(f"GRANT SELECT ON {', '.join(SHOWN)} TO ccc_api")


def downgrade() -> None:
    for table in ("round_ranks", *reversed(SHOWN), "enrolment_changes"):
        op.drop_table(table)
    op.drop_index("ix_standings_shared", "standings")
    op.drop_column("standings", "shared_at")
    for name in CELLS:
        op.drop_column("enrolments", name)
