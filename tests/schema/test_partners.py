from domain.drafts import Problem
from tests.schema import factories as make


async def test_partners_are_listed_by_name_and_found_by_kind(ask):
    document = "query($where: PartnerFilter) { partners(where: $where) { nodes { name kind } } }"

    everybody = (await ask(document))["partners"]["nodes"]
    sponsors = (await ask(document, where={"kind": "SPONSOR"}))["partners"]["nodes"]

    assert [each["name"] for each in everybody] == sorted(each["name"] for each in everybody)
    assert {each["name"] for each in sponsors} == {"demo_sponsor", "mots"}


async def test_a_partner_shows_its_card_in_two_languages(ask):
    data = await ask(
        '{ partner(name: "strava") { title english: title(language: EN) kind agreement agreedOn ownerOnly adapter } }'
    )

    assert data["partner"] == {
        "title": "สตราวา",
        "english": "Strava",
        "kind": "VENDOR",
        "agreement": "SIGNED",
        "agreedOn": "2025-10-01",
        "ownerOnly": True,
        "adapter": "strava",
    }


async def test_an_unknown_partner_is_null(ask):
    assert await ask('{ partner(name: "nobody") { name } }') == {"partner": None}


async def test_a_quarantine_pages_from_the_latest(ask, worker_sessions):
    for number in range(5):
        await make.sent(
            worker_sessions, "garmin", Problem(code="NO_WORKOUT", path=(number,), message="Send a workout.")
        )
    document = """query($after: String) { viewer { partner { quarantine(first: 2, after: $after) {
        nodes { path message receivedAt } pageInfo { hasNextPage endCursor }
    } } } }"""

    found, after, more = [], None, True
    while more:
        data = await ask(document, make.partner("garmin"), after=after)
        page = data["viewer"]["partner"]["quarantine"]
        found += page["nodes"]
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]

    assert sorted(each["path"][0] for each in found) == ["0", "1", "2", "3", "4"]
    assert {each["receivedAt"] for each in found} == {"2026-01-31T05:00:00Z"}
