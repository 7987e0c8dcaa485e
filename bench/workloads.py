"""The five reads, whom they are asked for, and the data that each contender's answer must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from auth.viewer import USUAL_SCOPES, Viewer, ViewerKind

W1, W2, W3, W4, W5 = "W1", "W2", "W3", "W4", "W5"
TITLES = {
    W1: "the viewer with balance and teams",
    W2: "a person's 50 latest activities, a connection with cursors, 8 fields",
    W3: "a ministry's 77 provinces for a month, from counters",
    W4: "top 100 of a challenge and the viewer's rank",
    W5: "20 teams x 10 members x 3 latest activities",
}
PEOPLE = 1_000
"""How many people a workload rotates over, where it is about people."""
PAGE, PROVINCES, TOP, TEAMS, MEMBERS, LATEST = 50, 77, 100, 20, 10, 3
_SETS_OF_TEAMS = 200


@dataclass(frozen=True)
class Ask:
    """One request: who asks, and the plain identifiers it names."""

    viewer: Viewer
    arguments: Mapping[str, Any]


def asks(url: str) -> dict[str, list[Ask]]:
    """By workload the requests to rotate over, drawn from the filled database at `url`; the same for everybody."""
    with psycopg.connect(url) as connection:
        # by hash, so that neither number nor place on disk is favoured
        anybody = _ids(connection, "SELECT id FROM bench.people ORDER BY h, number LIMIT %s", PEOPLE)
        regular = _ids(
            connection, "SELECT id FROM bench.people WHERE workouts > 50 ORDER BY h, number LIMIT %s", PEOPLE
        )
        months = _ids(
            connection, "SELECT DISTINCT starts_on FROM place_periods WHERE period = 'month' ORDER BY 1 LIMIT %s", 12
        )
        challenge = _ids(connection, "SELECT id FROM bench.challenges WHERE number < %s", 1)[0]
        teams = _ids(
            connection, "SELECT id FROM teams WHERE kind = 'organisation' ORDER BY md5(id::text) LIMIT %s", 2_000
        )
    admin = Viewer(ViewerKind.ADMIN, None, "bench-admin", None, USUAL_SCOPES[ViewerKind.ADMIN])
    ministry = Viewer(ViewerKind.MINISTRY, None, "bench-ministry", None, USUAL_SCOPES[ViewerKind.MINISTRY])
    chosen = [[teams[(i * 7 + j) % len(teams)] for j in range(TEAMS)] for i in range(_SETS_OF_TEAMS)]
    return {
        W1: [Ask(_citizen(each), {"user": str(each)}) for each in anybody],
        W2: [Ask(_citizen(each), {"user": str(each)}) for each in regular],
        W3: [Ask(ministry, {"month": month.isoformat()}) for month in months],
        W4: [Ask(_citizen(each), {"user": str(each), "challenge": str(challenge)}) for each in anybody],
        W5: [Ask(admin, {"teams": [str(team) for team in some]}) for some in chosen],
    }


def _ids(connection: psycopg.Connection, query: str, most: int) -> list[Any]:
    return [row[0] for row in connection.execute(query.encode(), [most])]


def _citizen(user_id: Any) -> Viewer:
    return Viewer(ViewerKind.CITIZEN, user_id, "bench-web", None, USUAL_SCOPES[ViewerKind.CITIZEN])


def same_form(workload: str, data: Any) -> Any:
    """The data of an answer of our schema's shape, in the form that answers are compared in.

    What contenders may write differently is made equal: spelling of instants, words and ids. Of cursors it
    counts that there is a different one for each item.
    """
    match workload:
        case "W1":
            user = data["viewer"]["user"]
            names = [each["team"]["name"] for each in user["memberships"]]
            return [user["displayName"], int(user["creditBalance"]), names]
        case "W2":
            page = data["viewer"]["user"]["activities"]
            cursors = [edge["cursor"] for edge in page["edges"]]
            items = [_activity(edge["node"]) for edge in page["edges"]]
            ends = page["pageInfo"]["endCursor"] == cursors[-1]
            return [page["pageInfo"]["hasNextPage"], ends, len(set(cursors)), items]
        case "W3":
            return [[each["code"], each["name"], _cell(each["statistics"])] for each in data["places"]["nodes"]]
        case "W4":
            node = data["node"]
            top = [
                [int(each["rank"]), int(each["score"]), each["displayName"]] for each in node["leaderboard"]["nodes"]
            ]
            mine = node["myStanding"]
            return [node["title"], top, [int(mine["rank"]), int(mine["score"])]]
        case _:
            return [
                [team["name"], [_member(each["user"]) for each in team["members"]["nodes"]]] for team in data["nodes"]
            ]


def _activity(node: Mapping[str, Any]) -> list[Any]:
    figures = [node[name] for name in ("movingSeconds", "distanceMeters", "energyKcal", "credits")]
    return [node["id"], node["sport"].lower(), _instant(node["startedAt"]), *figures, node["verdict"].lower()]


def _cell(statistics: Mapping[str, Any]) -> list[Any]:
    names = ("participants", "activities", "movingSeconds", "distanceMeters", "energyKcal", "credits")
    figures = [None if statistics[name] is None else int(statistics[name]) for name in names]
    return [*figures, statistics["withheld"] and statistics["withheld"].lower()]


def _member(user: Mapping[str, Any]) -> list[Any]:
    latest = [
        [each["sport"].lower(), _instant(each["startedAt"]), each["energyKcal"], each["credits"]]
        for each in user["activities"]["nodes"]
    ]
    return [user["displayName"], latest]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def size(workload: str, form: Any) -> tuple[int, ...]:
    """How many items a compared answer holds, list by list."""
    match workload:
        case "W1":
            return (min(len(form[2]), 1),)
        case "W2":
            return (form[2], len(form[3]))
        case "W3":
            return (len(form),)
        case "W4":
            return (len(form[1]),)
        case _:
            return (len(form), sum(len(team[1]) for team in form), sum(len(m[1]) for team in form for m in team[1]))


FULL = {
    W1: (1,),
    W2: (PAGE, PAGE),
    W3: (PROVINCES,),
    W4: (TOP,),
    W5: (TEAMS, TEAMS * MEMBERS, TEAMS * MEMBERS * LATEST),
}
"""What `size` must give, so that nobody is timed on empty answers."""
