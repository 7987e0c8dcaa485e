"""Provinces and districts as teams of those who live there; ministries' teams in provinces are ministries' teams.

The days of all teams are filled from the memberships that there are.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

TEAM_OF = "CAST('00000000-0000-8000-8000-' || lpad({}, 12, '0') AS uuid)"
PROVINCE, DISTRICT = TEAM_OF.format("left(p.code, 2)"), TEAM_OF.format("p.code")


def upgrade() -> None:
    below = "FROM teams t WHERE t.kind = 'province' AND t.parent_id IN (SELECT id FROM teams WHERE kind = 'ministry')"
    op.execute("ALTER TABLE challenges DISABLE TRIGGER guard")  # the same teams by another word
    op.execute(f"""
        UPDATE challenges SET team_kind = 'ministry' WHERE id IN (
            SELECT challenge_id FROM team_standings WHERE team_id IN (SELECT t.id {below})
        ) AND team_kind = 'province'
    """)  # noqa: S608
    op.execute("ALTER TABLE challenges ENABLE TRIGGER guard")
    op.execute(f"UPDATE memberships SET kind = 'ministry' WHERE team_id IN (SELECT t.id {below})")  # noqa: S608
    op.execute(f"UPDATE teams SET kind = 'ministry' WHERE id IN (SELECT t.id {below})")  # noqa: S608
    op.execute(f"""
        INSERT INTO teams (id, kind, parent_id, ancestor_ids, name_th, name_en, place_code, joining, members, synthetic,
                           created_at)
        SELECT {DISTRICT}, p.kind, CASE WHEN p.kind = 'district' THEN {PROVINCE} END,
               CASE WHEN p.kind = 'district' THEN ARRAY[{PROVINCE}, {DISTRICT}] ELSE ARRAY[{PROVINCE}] END,
               p.name_th, p.name_en, p.code, 'derived', 0, false, now()
        FROM places p WHERE p.kind IN ('province', 'district')
    """)  # noqa: S608
    op.execute("""
        INSERT INTO memberships (user_id, team_id, joined_on, kind, created_at)
        SELECT u.id, t.id, CAST(u.created_at AT TIME ZONE 'Asia/Bangkok' AS date), t.kind, u.created_at
        FROM users u JOIN teams t ON t.place_code IN (left(u.home_place_code, 2), left(u.home_place_code, 4))
        WHERE t.joining = 'derived'
    """)
    op.execute("""
        WITH spans AS (
            SELECT up.id AS team_id, unnest(range_agg(daterange(ms.joined_on, ms.left_on))) AS span
            FROM memberships ms JOIN teams t ON t.id = ms.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS up(id)
            GROUP BY up.id, ms.user_id
        ), steps AS (
            SELECT team_id, local_date, sum(people) AS people FROM (
                SELECT team_id, lower(span) AS local_date, 1 AS people FROM spans
                UNION ALL SELECT team_id, upper(span), -1 FROM spans WHERE NOT upper_inf(span)
            ) AS s GROUP BY team_id, local_date HAVING sum(people) <> 0
        ), levels AS (
            SELECT team_id, local_date, people, sum(people) OVER of_team AS members,
                   coalesce(local_date - lag(local_date) OVER of_team, 0) AS days FROM steps
            WINDOW of_team AS (PARTITION BY team_id ORDER BY local_date)
        )
        INSERT INTO team_days (team_id, local_date, members, member_days_before)
        SELECT team_id, local_date, members,
               sum((members - people) * days) OVER (PARTITION BY team_id ORDER BY local_date)
        FROM levels
    """)
    op.execute("""
        UPDATE teams t SET members = d.members
        FROM (SELECT DISTINCT ON (team_id) team_id, members FROM team_days ORDER BY team_id, local_date DESC) d
        WHERE d.team_id = t.id AND t.joining = 'derived'
    """)


def downgrade() -> None:
    op.execute("DELETE FROM team_days")
    op.execute("DELETE FROM memberships WHERE team_id IN (SELECT id FROM teams WHERE joining = 'derived')")
    op.execute("DELETE FROM teams WHERE joining = 'derived'")
    below = "FROM teams t WHERE t.kind = 'ministry' AND t.parent_id IS NOT NULL"
    op.execute("ALTER TABLE challenges DISABLE TRIGGER guard")  # the same teams by another word
    op.execute(f"""
        UPDATE challenges SET team_kind = 'province' WHERE id IN (
            SELECT challenge_id FROM team_standings WHERE team_id IN (SELECT t.id {below})
        ) AND team_kind = 'ministry'
    """)  # noqa: S608
    op.execute("ALTER TABLE challenges ENABLE TRIGGER guard")
    op.execute(f"UPDATE memberships SET kind = 'province' WHERE team_id IN (SELECT t.id {below})")  # noqa: S608
    op.execute(f"UPDATE teams SET kind = 'province' WHERE id IN (SELECT t.id {below})")  # noqa: S608
