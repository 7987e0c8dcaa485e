from domain.sports import Sport


async def test_a_sport_shows_its_facts(ask):
    data = await ask("{ sport(word: TRAIL_RUN) { word name english: name(language: EN) group met parent { word } } }")

    assert data["sport"]["word"] == "TRAIL_RUN"
    assert data["sport"]["english"] == "Trail run"
    assert data["sport"]["group"] == "RUNNING"
    assert data["sport"]["met"] > 6
    assert data["sport"]["parent"] == {"word": "RUN"}


async def test_every_sport_is_listed_once(ask):
    found, after, more = [], None, True
    while more:
        data = await ask(
            "query($after: String) { sports(first: 100, after: $after) { nodes { word metVerified metCode } "
            "pageInfo { hasNextPage endCursor } } }",
            after=after,
        )
        found += [each["word"] for each in data["sports"]["nodes"]]
        more, after = data["sports"]["pageInfo"]["hasNextPage"], data["sports"]["pageInfo"]["endCursor"]

    assert sorted(found) == sorted(sport.name for sport in Sport)


async def test_sports_are_found_by_group(ask):
    data = await ask("{ sports(first: 100, where: {group: SWIMMING}) { nodes { group } } }")

    assert {each["group"] for each in data["sports"]["nodes"]} == {"SWIMMING"}


async def test_a_word_outside_the_taxonomy_is_refused(execute):
    result = await execute("{ sport(word: FLYING) { word } }")

    assert result.request_error
    assert result.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
