"""Fewer indexes to keep, and room on the page for rows that change often; a team's members in their order."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# A day's activities are found by (user_id, started_at, id), its bookings by (user_id, idempotency_key).
NEEDLESS = {
    "ix_activities_user_id_local_date": "activities",
    "ix_credit_entries_user_id_local_date": "credit_entries",
}
# An update that finds room on the row's own page leaves the indexes alone.
CHANGING = {"credit_balances": 70, "user_days": 90, "user_periods": 70, "standings": 80}


def upgrade() -> None:
    for index, table in NEEDLESS.items():
        op.drop_index(index, table_name=table)
    for table, factor in CHANGING.items():
        op.execute(f"ALTER TABLE {table} SET (fillfactor = {factor})")
    op.drop_index("ix_memberships_team_id_user_id", table_name="memberships")
    op.create_index(
        "ix_memberships_team_id_joined_on_user_id",
        "memberships",
        ["team_id", "joined_on", "user_id"],
        postgresql_where=sa.text("left_on IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_memberships_team_id_joined_on_user_id", table_name="memberships")
    op.create_index("ix_memberships_team_id_user_id", "memberships", ["team_id", "user_id"])
    for table in CHANGING:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor)")
    for index, table in NEEDLESS.items():
        op.create_index(index, table, ["user_id", "local_date"], unique=False)
