"""Invitations to teams, and requests to join them."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "team_invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("most_uses", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_invitations")),
    )
    op.create_index("uq_team_invitations_code", "team_invitations", ["code"], unique=True)
    op.create_index("ix_team_invitations_team_id_id", "team_invitations", ["team_id", "id"])
    someone = sa.text("user_id IS NOT NULL")
    op.create_index("ix_team_invitations_user_id", "team_invitations", ["user_id"], postgresql_where=someone)
    op.create_table(
        "join_requests",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("transfer", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_join_requests")),
    )
    op.create_index(
        "uq_join_requests_user_id_team_id_waits",
        "join_requests",
        ["user_id", "team_id"],
        unique=True,
        postgresql_where=WAITS,
    )
    op.create_index("ix_join_requests_team_id_id_waits", "join_requests", ["team_id", "id"], postgresql_where=WAITS)
    op.create_index("uq_join_requests_id", "join_requests", ["id"], unique=True)
    op.execute("GRANT SELECT ON team_invitations, join_requests TO ccc_api")


def downgrade() -> None:
    op.drop_table("join_requests")
    op.drop_table("team_invitations")
