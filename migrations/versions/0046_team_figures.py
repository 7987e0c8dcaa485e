"""Standings of teams made anew for the nodes that people joined, with what each ranking ranks them by."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

# The kinds of teams changed after the standings were made.
JOINED = """
    UPDATE challenge_days d SET team_id = (
        SELECT m.team_id FROM memberships m
        WHERE m.user_id = d.user_id
          AND m.kind IN (c.team_kind, CASE c.team_kind WHEN 'province' THEN 'district' END)
          AND m.joined_on <= d.local_date AND (m.left_on IS NULL OR m.left_on > d.local_date)
        ORDER BY m.team_id LIMIT 1
    ) FROM challenges c WHERE c.id = d.challenge_id AND c.team_kind IS NOT NULL
"""

PARTICIPANTS = """
    INSERT INTO team_participants (user_id, challenge_id, team_id)
    SELECT DISTINCT user_id, challenge_id, team_id FROM challenge_days WHERE value > 0 AND team_id IS NOT NULL
"""

WEEKS = """
    INSERT INTO challenge_weeks (user_id, challenge_id, starts_on, team_id)
    SELECT DISTINCT ON (r.user_id, c.id, r.starts_on) r.user_id, c.id, r.starts_on, m.team_id
    FROM challenges c JOIN enrolments e ON e.challenge_id = c.id
    JOIN regular_weeks r ON r.user_id = e.user_id AND r.starts_on BETWEEN c.starts_on AND c.ends_on
    JOIN memberships m ON m.user_id = e.user_id
         AND m.kind IN (c.team_kind, CASE c.team_kind WHEN 'province' THEN 'district' END)
         AND m.joined_on <= r.starts_on AND (m.left_on IS NULL OR m.left_on > r.starts_on)
    WHERE c.ranking = 'regular_share' ORDER BY r.user_id, c.id, r.starts_on, m.team_id
"""

STANDINGS = """
    INSERT INTO team_standings (challenge_id, team_id, depth, score, participants, regular_weeks)
    SELECT s.challenge_id, s.node, cardinality(t.ancestor_ids), sum(s.score), sum(s.people), sum(s.weeks)
    FROM (
        SELECT d.challenge_id, a.node, sum(d.value) AS score, 0 AS people, 0 AS weeks
        FROM challenge_days d JOIN teams j ON j.id = d.team_id CROSS JOIN LATERAL unnest(j.ancestor_ids) AS a(node)
        GROUP BY d.challenge_id, a.node
        UNION ALL
        SELECT p.challenge_id, a.node, 0, count(DISTINCT p.user_id), 0
        FROM team_participants p JOIN teams j ON j.id = p.team_id CROSS JOIN LATERAL unnest(j.ancestor_ids) AS a(node)
        GROUP BY p.challenge_id, a.node
        UNION ALL
        SELECT w.challenge_id, a.node, 0, 0, count(*)
        FROM challenge_weeks w JOIN teams j ON j.id = w.team_id CROSS JOIN LATERAL unnest(j.ancestor_ids) AS a(node)
        GROUP BY w.challenge_id, a.node
    ) s JOIN teams t ON t.id = s.node GROUP BY s.challenge_id, s.node, t.ancestor_ids
"""

# Every figure is found by the pass that follows, or by the day's job: here only what is known without dividing.
FIGURES = """
    UPDATE team_standings s SET figure = s.score, ranked = t.members >= 10,
        figured_on = least(CAST(now() AT TIME ZONE 'Asia/Bangkok' AS date), c.ends_on)
    FROM challenges c, teams t WHERE c.id = s.challenge_id AND c.ranking = 'total' AND t.id = s.team_id
"""

OTHERS = """
    INSERT INTO team_standing_changes (challenge_id, team_id)
    SELECT s.challenge_id, s.team_id FROM team_standings s JOIN challenges c ON c.id = s.challenge_id
    WHERE c.ranking <> 'total'
"""


def upgrade() -> None:
    op.execute(JOINED)
    for emptied in ("team_standing_changes", "team_standings", "team_participants", "challenge_weeks"):
        op.execute(f"DELETE FROM {emptied}")
    for filled in (PARTICIPANTS, WEEKS, STANDINGS, FIGURES, OTHERS):
        op.execute(filled)


def downgrade() -> None:
    op.execute("DELETE FROM challenge_weeks")
    op.execute("UPDATE team_standings SET regular_weeks = 0")
    op.execute("""
        UPDATE team_standings s SET figure = NULL, ranked = false
        FROM challenges c WHERE c.id = s.challenge_id AND c.ranking <> 'total'
    """)
