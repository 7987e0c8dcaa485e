"""What standings of teams should be, worked out day by day from the rows that people made: no sums, no statements."""

from collections import defaultdict
from datetime import timedelta

from sqlalchemy import text

from domain.base import run

DAY = timedelta(days=1)
RANKED_FROM = 10

_READ = {
    "teams": "SELECT id, ancestor_ids FROM teams",
    "memberships": "SELECT user_id, team_id, kind, joined_on, left_on FROM memberships",
    "challenges": "SELECT id, team_kind, ranking, starts_on, ends_on FROM challenges WHERE team_kind IS NOT NULL",
    "enrolments": "SELECT user_id, challenge_id FROM enrolments",
    "days": "SELECT user_id, challenge_id, local_date, value FROM challenge_days",
    "weeks": "SELECT user_id, starts_on FROM regular_weeks",
}


class Rows:
    """All rows that standings follow from."""

    def __init__(self, found):
        self.above = {each.id: tuple(each.ancestor_ids) for each in found["teams"]}
        self.memberships, self.challenges = found["memberships"], found["challenges"]
        self.enrolments = {tuple(each) for each in found["enrolments"]}
        self.days, self.weeks = found["days"], found["weeks"]

    @classmethod
    async def read(cls, session):
        return cls({name: (await run(session, text(sql))).all() for name, sql in _READ.items()})

    def joined(self, user, day, kind):
        """The nodes of this kind that somebody belonged to on a day."""
        return [
            each.team_id
            for each in self.memberships
            if each.user_id == user
            and each.kind == kind
            and each.joined_on <= day
            and (each.left_on is None or each.left_on > day)
        ]

    def node(self, user, day, team_kind):
        return min(self.joined(user, day, team_kind), default=None)

    def members(self, node, day):
        return len(
            {
                each.user_id
                for each in self.memberships
                if node in self.above[each.team_id]
                and each.joined_on <= day
                and (each.left_on is None or each.left_on > day)
            }
        )


def days(first, last):
    return [first + n * DAY for n in range((last - first).days + 1)]


def figure(rows, challenge, node, scored, today):
    """What a node is ranked by: the definition of each ranking, over the days of the window so far; None: nothing."""
    score, participants, weeks = scored
    window = days(challenge.starts_on, min(today, challenge.ends_on))
    if challenge.ranking == "total":
        return score
    member_days = sum(rows.members(node, day) for day in window)
    if challenge.ranking == "average_per_member":
        return score * 1000 // member_days if member_days else None
    if challenge.ranking == "participation_share":
        return min(participants * 1_000_000 * len(window) // member_days, 1_000_000) if member_days else None
    member_weeks = sum(rows.members(node, day) for day in window if day.isoweekday() == 1)
    return weeks * 1_000_000 // member_weeks if member_weeks else None


def standings(rows, today):
    """By challenge and node: score, participants, regular weeks, figure, and whether it is ranked; zeros left out."""
    found = {}
    for challenge in rows.challenges:
        score, people, weeks = defaultdict(int), defaultdict(set), defaultdict(int)
        for day in rows.days:
            node = rows.node(day.user_id, day.local_date, challenge.team_kind)
            if day.challenge_id == challenge.id and node and day.value:
                assert (day.user_id, challenge.id) in rows.enrolments
                for above in rows.above[node]:
                    score[above] += day.value
                    people[above].add(day.user_id)
        for user, monday in rows.weeks if challenge.ranking == "regular_share" else ():
            node = rows.node(user, monday, challenge.team_kind)
            inside = challenge.starts_on <= monday <= challenge.ends_on
            if (user, challenge.id) in rows.enrolments and node and inside:
                for above in rows.above[node]:
                    weeks[above] += 1
        for node in score.keys() | weeks.keys():
            scored = (score[node], len(people[node]), weeks[node])
            ranked_by = figure(rows, challenge, node, scored, today)
            ranked = ranked_by is not None and rows.members(node, today) >= RANKED_FROM
            found[challenge.id, node] = (*scored, ranked_by or 0, ranked, len(rows.above[node]))
    return found


async def held(session):
    """The same, as it is kept."""
    sql = """
        SELECT challenge_id, team_id, score, participants, regular_weeks, figure, ranked, depth FROM team_standings
        WHERE (score, participants, regular_weeks) <> (0, 0, 0)
    """
    return {(row[0], row[1]): tuple(row[2:]) for row in await run(session, text(sql))}


async def totals(session):
    """By challenge, the total that is kept, and the sum of what days there are."""
    kept = (await run(session, text("SELECT challenge_id, score FROM challenge_totals WHERE score <> 0"))).all()
    days = text("SELECT challenge_id, sum(value) FROM challenge_days GROUP BY 1 HAVING sum(value) <> 0")
    return {row[0]: int(row[1]) for row in kept}, {row[0]: int(row[1]) for row in await run(session, days)}
