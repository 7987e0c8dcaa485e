"""Challenges, who takes part, and their standings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "challenges",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sponsor_name", sa.Text(), nullable=False),
        sa.Column("title_th", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("description_th", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("team_kind", sa.Text(), nullable=True),
        sa.Column("ranking", sa.Text(), nullable=False),
        sa.Column(
            "eligibility", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("daily_cap", sa.BigInteger(), nullable=True),
        sa.Column("target", sa.BigInteger(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("participants", sa.BigInteger(), nullable=False),
        sa.Column("standings_hash", sa.LargeBinary(), nullable=True),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenges")),
    )
    op.create_index("ix_challenges_state_starts_on_id", "challenges", ["state", "starts_on", "id"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", name=op.f("pk_enrolments")),
    )
    op.create_index("ix_enrolments_challenge_id_user_id", "enrolments", ["challenge_id", "user_id"], unique=False)
    op.create_table(
        "challenge_days",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", "local_date", name=op.f("pk_challenge_days")),
    )
    op.create_table(
        "standings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", name=op.f("pk_standings")),
    )
    op.create_index(
        "ix_standings_challenge_id_score_pseudonym_id",
        "standings",
        ["challenge_id", sa.literal_column("score DESC"), "pseudonym_id"],
        unique=False,
    )
    op.create_table(
        "team_standings",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "team_id", name=op.f("pk_team_standings")),
    )
    op.create_index(
        "ix_team_standings_challenge_id_score_team_id",
        "team_standings",
        ["challenge_id", sa.literal_column("score DESC"), "team_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("team_standings")
    op.drop_table("standings")
    op.drop_table("challenge_days")
    op.drop_table("enrolments")
    op.drop_table("challenges")
