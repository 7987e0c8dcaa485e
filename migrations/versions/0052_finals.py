"""What stays of a closed challenge: final standings by pseudonym, prizes, and the hashes that prove them."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

FROZEN = ("final_standings", "final_team_standings", "final_hashes", "final_seals")
REFUSAL = """
CREATE FUNCTION refuse_final_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'final standings do not change' USING ERRCODE = 'restrict_violation';
END $$
"""


def _line(*columns: str) -> sa.Column:
    said = " || ' '::text || ".join(f"coalesce({name}::text, '-'::text)" for name in columns)
    return sa.Column("line", sa.Text(), sa.Computed(said, persisted=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "final_standings",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("pseudonym_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False),
        _line("position", "rank", "pseudonym_id", "score"),
        sa.PrimaryKeyConstraint("challenge_id", "position", name=op.f("pk_final_standings")),
        sa.UniqueConstraint("challenge_id", "pseudonym_id", name=op.f("uq_final_standings_challenge_id_pseudonym_id")),
    )
    op.create_table(
        "final_team_standings",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=True),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("figure", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.BigInteger(), nullable=False),
        _line("position", "depth", "rank", "team_id", "figure", "score"),
        sa.PrimaryKeyConstraint("challenge_id", "position", name=op.f("pk_final_team_standings")),
        sa.UniqueConstraint("challenge_id", "team_id", name=op.f("uq_final_team_standings_challenge_id_team_id")),
    )
    op.create_table(
        "final_prizes",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pseudonym_id", sa.Uuid(), nullable=False),
        sa.Column("credits", sa.BigInteger(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        _line("position", "number", "pseudonym_id", "credits"),
        sa.PrimaryKeyConstraint("challenge_id", "position", name=op.f("pk_final_prizes")),
        sa.UniqueConstraint(
            "challenge_id", "number", "pseudonym_id", name=op.f("uq_final_prizes_challenge_id_number_pseudonym_id")
        ),
    )
    op.create_index("ix_final_prizes_challenge_id_pseudonym_id", "final_prizes", ["challenge_id", "pseudonym_id"])
    op.create_index(
        "ix_final_prizes_waiting",
        "final_prizes",
        ["challenge_id", "position"],
        postgresql_where=sa.text("booked_at IS NULL"),
    )
    op.create_table(
        "final_hashes",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", "part", "level", "number", name=op.f("pk_final_hashes")),
    )
    op.create_table(
        "final_seals",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_id", name=op.f("pk_final_seals")),
    )
    op.execute(REFUSAL)
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_final_change()"
        )
        op.execute(
            f"CREATE TRIGGER frozen_whole BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_final_change()"
        )
    op.execute(f"GRANT SELECT ON {', '.join(FROZEN)} TO ccc_api")
    op.execute(
        "GRANT SELECT (challenge_id, position, number, pseudonym_id, credits, booked_at, line) ON final_prizes TO ccc_api"
    )


def downgrade() -> None:
    for table in ("final_seals", "final_hashes", "final_prizes", "final_team_standings", "final_standings"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_final_change()")
