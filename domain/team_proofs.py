"""What standings of teams are made of, found anew: a line for each row that does not follow."""

from __future__ import annotations

_ABOVE = "JOIN teams t ON t.id = j.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS a(node)"

WRONG_SUMS = f"""
    SELECT format('challenge %s, team %s: the score is %s, the days sum to %s',
                  coalesce(s.challenge_id, d.challenge_id), coalesce(s.team_id, d.team_id), coalesce(s.score, 0),
                  coalesce(d.score, 0))
    FROM (SELECT challenge_id, team_id, sum(score) AS score FROM (
              SELECT challenge_id, team_id, score FROM team_standings
              UNION ALL SELECT j.challenge_id, a.node, j.score FROM team_standing_changes j {_ABOVE}
              WHERE j.challenge_id IS NOT NULL
          ) AS folded_and_waiting GROUP BY 1, 2) s
    FULL JOIN (SELECT j.challenge_id, a.node AS team_id, sum(j.score) AS score FROM (
                   SELECT challenge_id, team_id, sum(value) AS score FROM challenge_days WHERE team_id IS NOT NULL
                   GROUP BY 1, 2
               ) j {_ABOVE} GROUP BY 1, 2) d USING (challenge_id, team_id)
    WHERE coalesce(s.score, 0) <> coalesce(d.score, 0)
"""  # noqa: S608
"""Scores of all levels, with what waits, against the days."""

# A change of participation says whose it is, not which: whoever waits for the pass is left out.
WRONG_PARTICIPATION = """
    SELECT format('user %s, challenge %s: participates for %s, by the days for %s', coalesce(p.user_id, d.user_id),
                  coalesce(p.challenge_id, d.challenge_id), coalesce(CAST(p.team_id AS text), 'nobody'),
                  coalesce(CAST(d.team_id AS text), 'nobody'))
    FROM (SELECT * FROM team_participants WHERE user_id BETWEEN :first AND :last) p
    FULL JOIN (SELECT DISTINCT user_id, challenge_id, team_id FROM challenge_days
               WHERE value > 0 AND team_id IS NOT NULL AND user_id BETWEEN :first AND :last) d
         USING (user_id, challenge_id, team_id)
    WHERE (p.user_id IS NULL OR d.user_id IS NULL) AND (coalesce(p.user_id, d.user_id),
           coalesce(p.challenge_id, d.challenge_id)) NOT IN (
        SELECT user_id, challenge_id FROM team_standing_changes
        WHERE user_id BETWEEN :first AND :last AND challenge_id IS NOT NULL
    )
"""
"""For which joined nodes people participate, against their days."""

WRONG_REGULAR_WEEKS = f"""
    SELECT format('challenge %s, team %s: %s regular weeks are counted, there are %s',
                  coalesce(s.challenge_id, w.challenge_id), coalesce(s.team_id, w.team_id), s.weeks, w.weeks)
    FROM (SELECT challenge_id, team_id, sum(weeks) AS weeks FROM (
              SELECT challenge_id, team_id, regular_weeks AS weeks FROM team_standings
              UNION ALL SELECT j.challenge_id, a.node, j.regular_weeks FROM team_standing_changes j {_ABOVE}
              WHERE j.challenge_id IS NOT NULL
          ) AS folded_and_waiting GROUP BY 1, 2) s
    FULL JOIN (SELECT j.challenge_id, a.node AS team_id, count(*) AS weeks FROM challenge_weeks j {_ABOVE} GROUP BY 1, 2
              ) w USING (challenge_id, team_id)
    WHERE coalesce(s.weeks, 0) <> coalesce(w.weeks, 0)
"""  # noqa: S608
"""Regular weeks of all levels, with what waits, against the weeks of people."""

WRONG_PARTICIPANTS = f"""
    SELECT format('challenge %s, team %s: %s participants are counted, there are %s',
                  coalesce(s.challenge_id, p.challenge_id), coalesce(s.team_id, p.team_id), s.participants, p.people)
    FROM team_standings s FULL JOIN (
        SELECT j.challenge_id, a.node AS team_id, count(DISTINCT j.user_id) AS people
        FROM team_participants j {_ABOVE} GROUP BY 1, 2
    ) p USING (challenge_id, team_id)
    WHERE coalesce(s.participants, 0) <> coalesce(p.people, 0)
"""  # noqa: S608
"""Participants of all levels against who participates."""
