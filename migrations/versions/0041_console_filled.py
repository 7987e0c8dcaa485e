"""Those who take part already: by what is true of them now, and counted on the days on which they joined."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

AGE = "extract(year FROM timezone('Asia/Bangkok', e.enrolled_at)) - u.birth_year"


def upgrade() -> None:
    op.execute(f"""
        UPDATE enrolments e
        SET age_band = CASE WHEN u.birth_year IS NULL THEN 'unknown' WHEN {AGE} < 18 THEN 'under_18'
                            WHEN {AGE} < 25 THEN 'from_18_to_24' WHEN {AGE} < 35 THEN 'from_25_to_34'
                            WHEN {AGE} < 45 THEN 'from_35_to_44' WHEN {AGE} < 60 THEN 'from_45_to_59'
                            ELSE 'from_60' END,
            sex = coalesce(u.sex, 'unknown'), province_code = coalesce(left(u.home_place_code, 2), 'unknown')
        FROM users u WHERE u.id = e.user_id
    """)  # noqa: S608
    op.execute("""
        INSERT INTO enrolment_days (challenge_id, local_date, joins, leaves)
        SELECT challenge_id, CAST(timezone('Asia/Bangkok', enrolled_at) AS date), count(*), 0
        FROM enrolments GROUP BY 1, 2
    """)
    op.execute("""
        INSERT INTO demographic_cells (challenge_id, dimension, cell, joins, leaves)
        SELECT t.challenge_id, d.dimension, d.cell, count(*), 0 FROM enrolments t
        CROSS JOIN LATERAL (VALUES ('age_band', t.age_band), ('sex', t.sex), ('province', t.province_code))
            AS d(dimension, cell) GROUP BY 1, 2, 3
    """)


def downgrade() -> None:
    op.execute("DELETE FROM demographic_cells")
    op.execute("DELETE FROM enrolment_days")
