"""What the API role may do: read. Everything is written by the worker.

Tokens, raw payloads and password hashes are not for it.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WHOLE = (
    "places",
    "place_ancestors",
    "areas",
    "area_places",
    "sports",
    "partners",
    "users",
    "records",
    "day_totals",
    "rulebooks",
    "activities",
    "credit_entries",
    "credit_balances",
    "teams",
    "memberships",
    "challenges",
    "enrolments",
    "challenge_days",
    "standings",
    "team_standings",
    "user_days",
    "place_days",
)
CONNECTIONS = (
    "user_id, partner_name, person_ref, status, scopes, token_expires_at, connected_at, last_record_at, revoked_at"
)
QUARANTINE = "id, partner_name, code, path, message, person_ref, user_id, received_at, replayed_at"


def upgrade() -> None:
    for table in WHOLE:
        op.execute(f"GRANT SELECT ON {table} TO ccc_api")
    op.execute(f"GRANT SELECT ({CONNECTIONS}) ON connections TO ccc_api")
    op.execute(f"GRANT SELECT ({QUARANTINE}) ON quarantine TO ccc_api")


def downgrade() -> None:
    op.execute(f"REVOKE SELECT ({QUARANTINE}) ON quarantine FROM ccc_api")
    op.execute(f"REVOKE SELECT ({CONNECTIONS}) ON connections FROM ccc_api")
    for table in reversed(WHOLE):
        op.execute(f"REVOKE SELECT ON {table} FROM ccc_api")
