"""The life of a challenge: who did what to it, joining and leaving by key, prizes kept in the sponsor's budget.

Once it is published its rules and prizes stay as they are, for everybody, the owner included.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

RULES = (
    "sponsor_name, metric, mode, team_kind, ranking, eligibility, daily_cap, target, day_metric, day_least, "
    "starts_on, ends_on, grace_days, prize_budget, prize_year"
)
NEW = ", ".join(f"NEW.{name.strip()}" for name in RULES.split(","))
OLD = ", ".join(f"OLD.{name.strip()}" for name in RULES.split(","))
GUARD_CHALLENGES = f"""
CREATE FUNCTION guard_challenges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'draft' AND (({NEW}) IS DISTINCT FROM ({OLD}) OR NEW.state = 'draft') THEN
        RAISE EXCEPTION 'the rules of a published challenge stay' USING ERRCODE = 'restrict_violation';
    ELSIF OLD.state IN ('final', 'cancelled') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a challenge that is % stays so', OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""
GUARD_PRIZES = """
CREATE FUNCTION guard_prizes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM challenges c
        WHERE c.id IN (NEW.challenge_id, OLD.challenge_id) AND c.state <> 'draft'
    ) THEN
        RAISE EXCEPTION 'the prizes of a published challenge stay' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$
"""
MOMENTS = ("published_at", "cancelled_at", "closing_since", "closed_at")


def upgrade() -> None:
    for name in ("day_metric", "cancellation_th", "cancellation_en"):
        op.add_column("challenges", sa.Column(name, sa.Text(), nullable=True))
    for name in MOMENTS:
        op.add_column("challenges", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("challenges", sa.Column("day_least", sa.BigInteger(), nullable=True))
    op.add_column("challenges", sa.Column("prize_year", sa.Date(), nullable=True))
    for name in ("prize_budget", "prize_reserved"):
        op.add_column("challenges", sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(
        op.f("ck_challenges_prize_reserved"), "challenges", "prize_reserved BETWEEN 0 AND prize_budget"
    )
    op.execute("UPDATE challenges SET published_at = created_at WHERE state <> 'draft'")
    op.execute("UPDATE challenges SET closing_since = now(), closed_at = now() WHERE state = 'final'")
    op.execute(GUARD_CHALLENGES)
    op.execute(
        "CREATE TRIGGER guard BEFORE UPDATE ON challenges FOR EACH ROW EXECUTE FUNCTION guard_challenges()"
    )
    op.create_table(
        "challenge_steps",
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("done_by", "idempotency_key", name=op.f("pk_challenge_steps")),
    )
    op.create_index("ix_challenge_steps_challenge_id_done_at", "challenge_steps", ["challenge_id", "done_at"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON challenge_steps "
        "FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.execute(
        "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON challenge_steps EXECUTE FUNCTION refuse_ledger_change()"
    )
    op.create_table(
        "enrolment_steps",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "challenge_id", "idempotency_key", name=op.f("pk_enrolment_steps")),
    )
    op.create_table(
        "prizes",
        sa.Column("challenge_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_rank", sa.Integer(), nullable=True),
        sa.Column("to_rank", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("title_th", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_prizes_amount")),
        sa.CheckConstraint(
            "CASE kind WHEN 'target' THEN from_rank IS NULL AND to_rank IS NULL "
            "ELSE from_rank IS NOT NULL AND to_rank IS NOT NULL AND from_rank BETWEEN 1 AND to_rank END",
            name=op.f("ck_prizes_ranks"),
        ),
        sa.PrimaryKeyConstraint("challenge_id", "number", name=op.f("pk_prizes")),
    )
    op.execute(GUARD_PRIZES)
    op.execute(
        "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON prizes "
        "FOR EACH ROW EXECUTE FUNCTION guard_prizes()"
    )
    op.execute("GRANT SELECT ON challenge_steps, prizes TO ccc_api")
    op.add_column("credit_budgets", sa.Column("reserved", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.drop_constraint(op.f("ck_credit_budgets_within_budget"), "credit_budgets", type_="check")
    op.create_check_constraint(
        op.f("ck_credit_budgets_within_budget"),
        "credit_budgets",
        "spent >= 0 AND reserved >= 0 AND spent + reserved <= budget",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_credit_budgets_within_budget"), "credit_budgets", type_="check")
    op.create_check_constraint(
        op.f("ck_credit_budgets_within_budget"), "credit_budgets", "spent BETWEEN 0 AND budget"
    )
    op.drop_column("credit_budgets", "reserved")
    for table in ("prizes", "enrolment_steps", "challenge_steps"):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard_prizes")
    op.execute("DROP TRIGGER guard ON challenges")
    op.execute("DROP FUNCTION guard_challenges")
    op.drop_constraint(op.f("ck_challenges_prize_reserved"), "challenges", type_="check")
    for name in ("day_metric", "cancellation_th", "cancellation_en", *MOMENTS, "day_least", "prize_year",
                 "prize_budget", "prize_reserved"):  # fmt: skip
        op.drop_column("challenges", name)
