"""The guard of a challenge's rules looks only at statements that set one: counting participants need not ask it."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

RULES = (
    "sponsor_name, metric, mode, team_kind, ranking, eligibility, daily_cap, target, day_metric, day_least, "
    "starts_on, ends_on, grace_days, prize_budget, prize_year, state"
)
TRIGGER = "CREATE OR REPLACE TRIGGER guard BEFORE UPDATE {of} ON challenges FOR EACH ROW EXECUTE FUNCTION guard_challenges()"


def upgrade() -> None:
    op.execute(TRIGGER.format(of=f"OF {RULES}"))


def downgrade() -> None:
    op.execute(TRIGGER.format(of=""))
