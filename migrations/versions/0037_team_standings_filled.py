"""Standings of teams and totals of challenges made anew from what is counted: for joined nodes and all above them."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

# A day counts for the node of the competing kind that the person had joined by then; until now it was one above it.
JOINED = """
    UPDATE challenge_days d SET team_id = (
        SELECT m.team_id FROM memberships m
        WHERE m.user_id = d.user_id AND m.kind = c.team_kind AND m.joined_on <= d.local_date
          AND (m.left_on IS NULL OR m.left_on > d.local_date) ORDER BY m.team_id LIMIT 1
    ) FROM challenges c WHERE c.id = d.challenge_id AND c.team_kind IS NOT NULL
"""

PARTICIPANTS = """
    INSERT INTO team_participants (user_id, challenge_id, team_id)
    SELECT DISTINCT user_id, challenge_id, team_id FROM challenge_days WHERE value > 0 AND team_id IS NOT NULL
"""

# What waits is in the days, too. With nothing to divide by yet, the figure is the score or unknown.
STANDINGS = """
    INSERT INTO team_standings (challenge_id, team_id, depth, score, participants, figure, figured_on, ranked)
    SELECT s.challenge_id, s.node, cardinality(t.ancestor_ids), s.score, coalesce(p.people, 0),
           CASE c.ranking WHEN 'total' THEN s.score END,
           least(CAST(now() AT TIME ZONE 'Asia/Bangkok' AS date), c.ends_on), c.ranking = 'total' AND t.members >= 10
    FROM (
        SELECT d.challenge_id, a.node, sum(d.value) AS score
        FROM challenge_days d JOIN teams j ON j.id = d.team_id CROSS JOIN LATERAL unnest(j.ancestor_ids) AS a(node)
        GROUP BY d.challenge_id, a.node
    ) s JOIN challenges c ON c.id = s.challenge_id JOIN teams t ON t.id = s.node LEFT JOIN (
        SELECT p.challenge_id, a.node, count(DISTINCT p.user_id) AS people
        FROM team_participants p JOIN teams j ON j.id = p.team_id CROSS JOIN LATERAL unnest(j.ancestor_ids) AS a(node)
        GROUP BY p.challenge_id, a.node
    ) p ON p.challenge_id = s.challenge_id AND p.node = s.node
"""

TOTALS = """
    INSERT INTO challenge_totals (challenge_id, score)
    SELECT challenge_id, sum(score) FROM (
        SELECT challenge_id, score FROM standings
        UNION ALL
        SELECT challenge_id, people * (coalesce(score_before, 0) - coalesce(score_after, 0)) FROM standing_changes
    ) AS folded GROUP BY challenge_id
"""


def upgrade() -> None:
    op.execute(JOINED)
    op.execute("DELETE FROM team_standing_changes")
    op.execute("DELETE FROM team_standings")
    for filled in (PARTICIPANTS, STANDINGS, TOTALS):
        op.execute(filled)


def downgrade() -> None:
    # What still waits belongs to the standings of joined nodes, which alone are kept from here on.
    op.execute("DELETE FROM team_standing_changes")
    op.execute("DELETE FROM team_standings")
    op.execute("""
        INSERT INTO team_standings (challenge_id, team_id, score)
        SELECT challenge_id, team_id, sum(value) FROM challenge_days WHERE team_id IS NOT NULL
        GROUP BY challenge_id, team_id
    """)
    for table in ("challenge_totals", "team_participants"):
        op.execute(f"DELETE FROM {table}")
