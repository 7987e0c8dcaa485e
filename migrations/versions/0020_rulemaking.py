"""How rulebooks are made: drafts, a second administrator's approval, every step kept; days booked anew by another one."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# What is decided stays as it was, for everybody, the owner included: entries of the ledger name the version.
GUARD_RULEBOOKS = """
CREATE FUNCTION guard_rulebooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rulebooks are kept: withdraw this one' USING ERRCODE = 'restrict_violation';
    ELSIF (NEW.version, NEW.in_force_from, NEW.figures, NEW.based_on, NEW.drafted_by, NEW.drafted_client,
           NEW.idempotency_key, NEW.created_at)
          IS DISTINCT FROM
          (OLD.version, OLD.in_force_from, OLD.figures, OLD.based_on, OLD.drafted_by, OLD.drafted_client,
           OLD.idempotency_key, OLD.created_at) THEN
        RAISE EXCEPTION 'a rulebook does not change: draft another version' USING ERRCODE = 'restrict_violation';
    ELSIF OLD.state = 'draft' AND NEW.state = 'approved' AND NEW.approved_by IS NOT NULL
          AND NEW.approved_at IS NOT NULL THEN
        RETURN NEW;
    ELSIF NEW.state = 'withdrawn' AND OLD.state IN ('draft', 'approved')
          AND (NEW.approved_by, NEW.approved_at) IS NOT DISTINCT FROM (OLD.approved_by, OLD.approved_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rulebook % is % and stays so', OLD.version, OLD.state USING ERRCODE = 'restrict_violation';
END $$
"""
GUARD_STEPS = """
CREATE FUNCTION refuse_step_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'steps of rulebooks are append-only' USING ERRCODE = 'restrict_violation';
END $$
"""
# A rebooking decides the days it names from the moment it is there; only how far it is may move on.
GUARD_REBOOKINGS = """
CREATE FUNCTION guard_rebookings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.finished_at IS NULL
           AND (NEW.number, NEW.rulebook_version, NEW.starts_on, NEW.ends_on, NEW.created_at)
               IS NOT DISTINCT FROM (OLD.number, OLD.rulebook_version, OLD.starts_on, OLD.ends_on, OLD.created_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a rebooking stays as it is: book anew by another one' USING ERRCODE = 'restrict_violation';
END $$
"""
GUARDS = (
    "CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON rulebooks FOR EACH ROW EXECUTE FUNCTION guard_rulebooks()",
    "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON rulebook_steps FOR EACH ROW EXECUTE FUNCTION refuse_step_change()",
    "CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON rulebook_steps EXECUTE FUNCTION refuse_step_change()",
    "CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON rebookings FOR EACH ROW EXECUTE FUNCTION guard_rebookings()",
    "CREATE TRIGGER guard_whole BEFORE TRUNCATE ON rebookings EXECUTE FUNCTION guard_rebookings()",
)
FUNCTIONS = ("guard_rebookings", "refuse_step_change", "guard_rulebooks")


def upgrade() -> None:
    op.add_column("rulebooks", sa.Column("based_on", sa.Integer(), nullable=True))
    op.add_column("rulebooks", sa.Column("drafted_client", sa.Text(), nullable=True))
    op.add_column("rulebooks", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rulebooks", sa.Column("idempotency_key", sa.Text(), nullable=True))
    op.execute("UPDATE rulebooks SET approved_at = created_at WHERE state = 'approved'")
    op.create_unique_constraint(op.f("uq_rulebooks_drafted_by_idempotency_key"), "rulebooks", ["drafted_by", "idempotency_key"])
    op.create_check_constraint(
        op.f("ck_rulebooks_two_administrators"),
        "rulebooks",
        "state <> 'approved' OR (approved_by IS NOT NULL AND approved_by <> drafted_by)",
    )
    op.create_table(
        "rulebook_steps",
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rulebook_steps")),
    )
    op.create_index("ix_rulebook_steps_version_number", "rulebook_steps", ["version", "number"])
    op.create_table(
        "rebookings",
        sa.Column("number", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("rulebook_version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("done_until", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rebookings")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_rebookings_days_in_order")),
    )
    op.create_index(
        "uq_rebookings_unfinished",
        "rebookings",
        ["finished_at"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    for function in (GUARD_RULEBOOKS, GUARD_STEPS, GUARD_REBOOKINGS):
        op.execute(function)
    for guard in GUARDS:
        op.execute(guard)
    op.execute("GRANT SELECT ON rulebook_steps, rebookings TO ccc_api")


def downgrade() -> None:
    op.execute("DROP TRIGGER guard ON rulebooks")
    op.drop_table("rebookings")
    op.drop_table("rulebook_steps")
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_constraint(op.f("ck_rulebooks_two_administrators"), "rulebooks", type_="check")
    op.drop_constraint(op.f("uq_rulebooks_drafted_by_idempotency_key"), "rulebooks", type_="unique")
    for column in ("idempotency_key", "approved_at", "drafted_client", "based_on"):
        op.drop_column("rulebooks", column)
