LIST = """
query($where: PlaceFilter, $first: Int, $after: String, $order: PlaceOrder! = NAME) {
  places(where: $where, first: $first, after: $after, orderBy: $order) {
    nodes { code name } pageInfo { hasNextPage endCursor }
  }
}
"""


async def test_a_subdistrict_leads_up_to_the_country(ask):
    data = await ask(
        '{ place(code: "100101") { kind parent { kind parent { name(language: EN) isoCode healthZone { code } '
        "parent { kind parent { code kind isoCode parent { code } } } } } } }"
    )

    country = {"code": "TH", "kind": "COUNTRY", "isoCode": "TH", "parent": None}
    province = {
        "name": "Bangkok",
        "isoCode": "TH-10",
        "healthZone": {"code": "HZ13"},
        "parent": {"kind": "REGION", "parent": country},
    }
    assert data["place"] == {"kind": "SUBDISTRICT", "parent": {"kind": "DISTRICT", "parent": province}}


async def test_provinces_follow_the_thai_dictionary(ask):
    found, after, more = [], None, True
    while more:
        data = await ask(LIST, where={"kind": "PROVINCE"}, first=30, after=after)
        found += [each["name"] for each in data["places"]["nodes"]]
        more, after = data["places"]["pageInfo"]["hasNextPage"], data["places"]["pageInfo"]["endCursor"]

    assert len(found) == len(set(found)) == 77
    assert found[:3] == ["กระบี่", "กรุงเทพมหานคร", "กาญจนบุรี"]
    # a leading vowel is no initial: เ stands before the consonant it belongs to
    assert found.index("เชียงใหม่") < found.index("ตรัง") < found.index("นครปฐม")


async def test_a_health_zone_holds_provinces_and_a_province_its_districts(ask):
    data = await ask(
        """{
            zone: place(code: "HZ13") { children { nodes { code } } }
            province: place(code: "10") { children(first: 100, orderBy: CODE) { nodes { code kind } } }
        }"""
    )

    districts = data["province"]["children"]["nodes"]
    assert data["zone"]["children"]["nodes"] == [{"code": "10"}]
    assert (len(districts), districts[0]) == (50, {"code": "1001", "kind": "DISTRICT"})


async def test_places_are_found_by_a_part_of_their_name_and_no_pattern(ask):
    async def found(text):
        data = await ask(LIST, where={"kind": "PROVINCE", "nameContains": text}, order="CODE")
        return [each["code"] for each in data["places"]["nodes"]]

    assert await found("chiang") == ["50", "57"]
    assert await found("เชียง") == ["50", "57"]
    assert await found("%") == []


async def test_places_are_found_by_what_stands_above(ask):
    data = await ask(LIST, where={"parent": "1001"}, order="CODE", first=2)

    assert [each["code"] for each in data["places"]["nodes"]] == ["100101", "100102"]


async def test_an_unknown_code_is_null(ask):
    assert await ask('{ place(code: "999999") { code } }') == {"place": None}
