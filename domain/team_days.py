"""How many people belonged to each team on each day, by the memberships themselves: to fill, and to prove."""

from __future__ import annotations

from domain.teams import HOME_TEAMS

# Somebody's times in a node, by whichever of its teams, are put together first, so that whoever changes from one to
# another on a day belongs to the node above all the time. `{days}` are further days to look at.
_COUNTED = """
    spans AS (
        SELECT up.id AS team_id, unnest(range_agg(daterange(ms.joined_on, ms.left_on))) AS span
        FROM memberships ms JOIN teams t ON t.id = ms.team_id CROSS JOIN LATERAL unnest(t.ancestor_ids) AS up(id)
        GROUP BY up.id, ms.user_id
    ), steps AS (
        SELECT team_id, local_date, sum(people) AS people FROM (
            SELECT team_id, lower(span) AS local_date, 1 AS people FROM spans
            UNION ALL SELECT team_id, upper(span), -1 FROM spans WHERE NOT upper_inf(span)
            {days}
        ) AS s GROUP BY team_id, local_date
    ), levels AS (
        SELECT team_id, local_date, people, sum(people) OVER of_team AS members,
               coalesce(local_date - lag(local_date) OVER of_team, 0) AS days FROM steps
        WINDOW of_team AS (PARTITION BY team_id ORDER BY local_date)
    ), counted AS (
        SELECT team_id, local_date, people, members,
               sum((members - people) * days) OVER (PARTITION BY team_id ORDER BY local_date) AS member_days_before
        FROM levels
    )
"""

FILL_HOME_TEAMS = f"""
    INSERT INTO memberships (user_id, team_id, joined_on, kind, created_at)
    SELECT u.id, t.id, CAST(u.created_at AT TIME ZONE 'Asia/Bangkok' AS date), t.kind, u.created_at
    FROM users u JOIN teams t ON t.id = ANY({HOME_TEAMS.format(code="u.home_place_code")})
"""  # noqa: S608
"""SQL that makes everybody with a home belong to the teams of its places, from the day of their own making on."""

FILL = f"""
    WITH {_COUNTED.format(days="")}
    INSERT INTO team_days (team_id, local_date, members, member_days_before)
    SELECT team_id, local_date, members, member_days_before FROM counted WHERE people <> 0
    ON CONFLICT (team_id, local_date) DO UPDATE
    SET members = excluded.members, member_days_before = excluded.member_days_before
"""  # noqa: S608
"""SQL that enters the days of all teams, for those who wrote memberships by other ways than moves."""

FILL_MEMBERS = """
    UPDATE teams t SET members = coalesce(d.members, 0)
    FROM teams n LEFT JOIN LATERAL (
        SELECT members FROM team_days WHERE team_id = n.id ORDER BY local_date DESC LIMIT 1
    ) d ON true
    WHERE t.id = n.id AND t.members <> coalesce(d.members, 0)
"""
"""SQL that enters how many belong to each team today, by the days that `FILL` has entered."""

WRONG = f"""
    WITH {_COUNTED.format(days="UNION ALL SELECT team_id, local_date, 0 FROM team_days")}
    SELECT format('team %s, %s: %s members after %s member-days are held, the memberships come to %s after %s',
                  c.team_id, c.local_date, coalesce(d.members, 0), coalesce(d.member_days_before, 0), c.members,
                  c.member_days_before)
    FROM counted c LEFT JOIN team_days d ON d.team_id = c.team_id AND d.local_date = c.local_date
    WHERE (d.members, d.member_days_before) IS DISTINCT FROM (c.members, c.member_days_before)
      AND (c.people <> 0 OR d.team_id IS NOT NULL)
"""  # noqa: S608
"""SQL with a line for each day of a team that differs from what its memberships come to."""
