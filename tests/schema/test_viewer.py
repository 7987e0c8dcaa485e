from app.folding import drained
from tests.schema import factories as make


async def test_a_stranger_learns_that_they_are_one(ask):
    data = await ask("{ viewer { kind clientId scopes user { id } partner { id } } }")

    assert data["viewer"] == {"kind": "ANONYMOUS", "clientId": None, "scopes": [], "user": None, "partner": None}


async def test_a_citizen_finds_themselves(ask, worker_sessions):
    malee = await make.person(worker_sessions, "Malee", home_place_code="100101", birth_year=1990, mass_kg=58)

    data = await ask(
        """{ viewer { kind clientId user {
            displayName homePlace { name parent { name } } birthYear massKg language
        } } }""",
        make.citizen(malee),
    )

    assert data["viewer"] == {
        "kind": "CITIZEN",
        "clientId": "ccc-web",
        "user": {
            "displayName": "Malee",
            "homePlace": {"name": "พระบรมมหาราชวัง", "parent": {"name": "เขตพระนคร"}},
            "birthYear": 1990,
            "massKg": 58.0,
            "language": "TH",
        },
    }


async def test_an_organisation_finds_itself(ask):
    data = await ask("{ viewer { kind scopes user { id } partner { name } } }", make.sponsor("demo_sponsor"))

    assert data["viewer"] == {
        "kind": "SPONSOR",
        "scopes": ["challenge:manage", "challenge:read", "credit:redeem", "participant:read"],
        "user": None,
        "partner": {"name": "demo_sponsor"},
    }


FLAGSHIP = """
query Home($challenge: ID!) {
  viewer { user {
    displayName creditBalance
    activities(first: 10) { nodes {
      sport startedAt energyKcal credits sportDetails { name(language: EN) } partner { title }
      records { partnerRef partner { name } }
    } }
    creditEntries(first: 10) { nodes { amount kind localDate } }
    memberships { team { name standings(first: 3) { nodes { rank score challenge { title } } } } }
  } }
  node(id: $challenge) { ... on Challenge {
    title(language: EN)
    leaderboard(first: 10) { nodes { rank score displayName isMine } }
    myStanding { rank score }
  } }
}
"""


JOIN = """
mutation($id: ID!) { joinChallenge(input: {challengeId: $id, idempotencyKey: "1"}) { userErrors { message } } }
"""


async def test_a_whole_home_page_takes_at_most_eight_statements(execute, worker_sessions):
    club = await make.team(worker_sessions, members=12, name_th="ชมรมวิ่ง")
    race = await make.challenge(worker_sessions, team_kind="club")
    people = [await make.person(worker_sessions, f"Runner {number}") for number in range(12)]
    for days, user_id in enumerate(people, start=1):
        await make.belongs(worker_sessions, user_id, club)
        ref = await make.linked(worker_sessions, user_id, "garmin")
        await make.sent(worker_sessions, "garmin", *make.runs(min(days, 9), person_ref=ref))
        joined = await execute(
            JOIN,
            make.citizen(user_id),
            id=make.gid("Challenge", race.id),
        )
        assert not joined.errors, joined.errors
    await drained(worker_sessions)

    result = await execute(FLAGSHIP, make.citizen(people[1]), challenge=make.gid("Challenge", race.id))

    assert not result.errors
    assert result.statements <= 8
    user, challenge = result.data["viewer"]["user"], result.data["node"]
    assert user["creditBalance"] == 14
    assert [each["credits"] for each in user["activities"]["nodes"]] == [7, 7]
    assert user["activities"]["nodes"][0]["records"][0]["partner"] == {"name": "garmin"}
    assert [each["amount"] for each in user["creditEntries"]["nodes"]] == [7, 7]
    standing = user["memberships"][0]["team"]["standings"]["nodes"][0]
    assert (standing["rank"], standing["score"]) == (1, 7 * (sum(range(1, 10)) + 3 * 9))
    assert [each["rank"] for each in challenge["leaderboard"]["nodes"]] == [1, 1, 1, 1, 5, 6, 7, 8, 9, 10]
    assert challenge["myStanding"] == {"rank": 11, "score": 14}
