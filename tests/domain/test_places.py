"""The tree of places is whole, and a messy name means one place or is refused."""

import random
import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, UnknownPlace
from domain.placenames import Located, district_named, located, names_by_code, province_named, subdistrict_named
from domain.places import COUNTRY, PlaceKind, all_ancestors, all_places, ancestors_of
from domain.thai import cleaned, sort_key

NOISE = ["", " ", "  ", "\u200b", "\ufeff", "\u00a0", "\u200d", "\t", "\u2060"]
PREFIXES = {
    2: ["", "จ.", "จ. ", "จ ", "จังหวัด", "จังหวัด "],
    4: ["", "อ.", "อ. ", "อ ", "อำเภอ", "อำเภอ ", "เขต", "เขต ", "กิ่งอำเภอ", "กิ่ง อ."],
    6: ["", "ต.", "ต. ", "ต ", "ตำบล", "ตำบล ", "แขวง", "แขวง "],
}
ENGLISH_SUFFIXES = {2: ["", " Province", " province"], 4: ["", " District"], 6: ["", " Subdistrict", " Sub-district"]}
CODES = list(names_by_code())
# Two places of one parent share each of these English names; the Thai ones differ.
TWINS = {"1404", "1413", "500910", "500911"}


@pytest.fixture(scope="module", autouse=True)
def warm_index():
    """Builds the index once, so that no property test measures it."""
    located("10", "1001", "100101")


@pytest.fixture(scope="module")
def places():
    return {place.code: place for place in all_places()}


def named(code, text):
    return {
        2: lambda: province_named(text),
        4: lambda: district_named(text, code[:2]),
        6: lambda: subdistrict_named(text, code[:4]),
    }[len(code)]()


def test_the_tree_holds_the_whole_country(places):
    assert Counter(place.kind for place in places.values()) == {
        PlaceKind.COUNTRY: 1,
        PlaceKind.REGION: 6,
        PlaceKind.HEALTH_ZONE: 13,
        PlaceKind.PROVINCE: 77,
        PlaceKind.DISTRICT: 928,
        PlaceKind.SUBDISTRICT: 7436,
    }


def test_parents_come_before_their_children(places):
    seen = set()
    for place in places.values():
        assert place.parent_code is None or place.parent_code in seen
        seen.add(place.code)


def test_every_province_has_a_region_a_health_zone_and_an_iso_code(places):
    for place in places.values():
        if place.kind == PlaceKind.PROVINCE:
            assert places[place.parent_code].kind == PlaceKind.REGION
            assert places[place.health_zone_code].kind == PlaceKind.HEALTH_ZONE
            assert place.iso_code == f"TH-{place.code}"
        else:
            assert place.health_zone_code is None


def test_every_place_has_both_names(places):
    assert all(place.name_th and place.name_en for place in places.values())


def test_a_subdistrict_lies_in_everything_above_it():
    assert ancestors_of("900101") == ("900101", "9001", "90", "R6", "HZ12", COUNTRY)


def test_the_ancestor_pairs_are_unique_and_within_the_tree(places):
    pairs = all_ancestors()

    assert len(set(pairs)) == len(pairs) == 7436 * 6 + 928 * 5 + 77 * 4 + 19 * 2 + 1
    assert {code for pair in pairs for code in pair} == set(places)


def test_an_unknown_code_has_no_ancestors():
    with pytest.raises(KeyError):
        ancestors_of("999999")


@pytest.mark.parametrize(
    ("province", "district", "subdistrict", "codes"),
    [
        ("จ.ปัตตานี", "อ.เมืองปัตตานี", "ต.สะบารัง", ("94", "9401", "940101")),
        ("กรุงเทพฯ", "เขตดอนเมือง", "แขวงสีกัน", ("10", "1036", "103602")),
        ("ขอนแก่น", "เมืองขอนแก่น", "ในเมือง", ("40", "4001", "400101")),
        ("สงขลา", "หาดใหญ่", "คอหงส์", ("90", "9011", "901104")),
        ("กทม.", "ดอนเมือง", None, ("10", "1036", None)),
        ("กรุงเทพ ฯ", None, " ", ("10", None, None)),
        ("โคราช", "เมือง", "-", ("30", "3001", None)),
        ("แปดริ้ว", "อ.เมืองแปดริ้ว", None, ("24", "2401", None)),
        ("อยุธยา", "อ. เมือง", None, ("14", "1401", None)),
        ("ประจวบฯ", "หัวหิน", None, ("77", "7707", None)),
        ("ศรีษะเกษ", "", None, ("33", None, None)),
        ("Chonburi", "Muang", None, ("20", "2001", None)),
        ("CHON BURI PROVINCE", "Bang Lamung District", None, ("20", "2004", None)),
        ("Korat", "Mueang Nakhon Ratchasima", None, ("30", "3001", None)),
        ("TH-40", "๔๐๐๑", None, ("40", "4001", None)),
        ("สงขลา", "หาดใหญ", "คอหงษ์", ("90", "9011", "901104")),
        ("ระนอง", "กระบุรี", "ต.จ.ป.ร.", ("85", "8504", "850406")),
        (None, "หาดใหญ่", None, ("90", "9011", None)),
        ("สงขลา", None, "คอหงส์", ("90", "9011", "901104")),
    ],
)
def test_cells_of_free_text_mean_their_place(province, district, subdistrict, codes):
    assert located(province, district, subdistrict) == Located(
        province_code=codes[0], district_code=codes[1], subdistrict_code=codes[2]
    )


def test_a_district_name_of_five_provinces_needs_its_province():
    with pytest.raises(UnknownPlace) as refused:
        district_named("อ.เฉลิมพระเกียรติ")

    assert refused.value.candidates == (
        "เฉลิมพระเกียรติ (สระบุรี) 1913",
        "เฉลิมพระเกียรติ (นครราชสีมา) 3032",
        "เฉลิมพระเกียรติ (บุรีรัมย์) 3123",
        "เฉลิมพระเกียรติ (น่าน) 5515",
        "เฉลิมพระเกียรติ (นครศรีธรรมราช) 8023",
    )
    assert district_named("เฉลิมพระเกียรติ", "30") == "3032"


def test_a_misspelt_name_is_refused_with_the_nearest_names():
    with pytest.raises(UnknownPlace) as refused:
        located("กาฬสินธ์")

    assert refused.value.candidates == ("กาฬสินธุ์ 46",)
    assert (refused.value.code, refused.value.status) == ("UNKNOWN_PLACE", 422)
    assert isinstance(refused.value, BadInput)


def test_a_district_of_another_province_is_refused_and_named_where_it_lies():
    with pytest.raises(UnknownPlace) as refused:
        located("ขอนแก่น", "หาดใหญ่")

    assert "หาดใหญ่ (สงขลา) 9011" in refused.value.candidates


def test_an_english_name_of_two_districts_of_one_province_is_refused():
    with pytest.raises(UnknownPlace) as refused:
        district_named("Bang Sai", "14")

    assert refused.value.candidates == ("บางไทร (พระนครศรีอยุธยา) 1404", "บางซ้าย (พระนครศรีอยุธยา) 1413")


@pytest.mark.parametrize("text", ["", "-", "จังหวัด", "!!!", "ก" * 100_000, "\x00", "ไม่ระบุ", "พัทยา"])
def test_what_names_no_province_is_refused_briefly(text):
    with pytest.raises(UnknownPlace) as refused:
        located(text)

    assert len(refused.value.message) < 500
    assert len(refused.value.candidates) <= 5


@given(text=st.text(max_size=40))
def test_any_text_is_a_province_or_a_refusal(text):
    try:
        assert province_named(text) in names_by_code()
    except UnknownPlace as refused:
        assert len(refused.candidates) <= 5  # noqa: PT017


@pytest.mark.parametrize("form", ["NFC", "NFKD"])
def test_every_place_is_found_by_its_thai_name_with_every_prefix(form):
    wrong = [
        (code, prefix)
        for code in CODES
        for prefix in random.Random(code).sample(PREFIXES[len(code)], 3)  # noqa: S311
        if named(code, unicodedata.normalize(form, prefix + names_by_code()[code][0])) != code
    ]

    assert wrong == []


def test_every_place_is_found_by_its_english_name():
    assert [code for code in CODES if code not in TWINS and named(code, names_by_code()[code][1].upper()) != code] == []


@given(data=st.data(), code=st.sampled_from(CODES))
def test_a_place_is_found_by_its_name_through_any_prefix_and_noise(data, code):
    noise = st.sampled_from(NOISE)
    prefix = data.draw(st.sampled_from(PREFIXES[len(code)]))
    name = names_by_code()[code][0]
    cut = data.draw(st.integers(0, len(name)))
    invisible = data.draw(st.sampled_from(["", "\u200b", "\ufeff", "\u2060"]))
    text = f"{data.draw(noise)}{prefix}{data.draw(noise)}{name[:cut]}{invisible}{name[cut:]}{data.draw(noise)}"

    assert named(code, text) == code


@given(data=st.data(), code=st.sampled_from(sorted(set(CODES) - TWINS)))
def test_a_place_is_found_by_its_english_name_in_any_dress(data, code):
    name = names_by_code()[code][1]
    dressed = data.draw(
        st.sampled_from([name, name.lower(), name.upper(), name.replace(" ", ""), name.replace(" ", "-")])
    )

    assert named(code, dressed + data.draw(st.sampled_from(ENGLISH_SUFFIXES[len(code)]))) == code


def test_the_capital_district_is_found_by_its_short_name_in_every_province_but_bangkok():
    provinces = [code for code in CODES if len(code) == 2 and code != "10"]

    assert [district_named("อ.เมือง", code) for code in provinces] == [f"{code}01" for code in provinces]


@pytest.mark.parametrize(
    ("messy", "clean"),
    [
        ("นํ้าตก", "น้ำตก"),
        ("น้ํา", "น้ำ"),
        ("เเม่สาย", "แม่สาย"),
        ("ทุุ่ง", "ทุ่ง"),
        ("ก่ี", "กี่"),
        (" หาด\u200bใหญ่\u00a0 ", "หาดใหญ่"),
        ("๒๕๖๙", "2569"),
    ],
)
def test_messy_marks_come_out_in_their_true_order(messy, clean):
    assert cleaned(messy) == clean


@given(
    text=st.text(alphabet=st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), max_size=12) | st.text(max_size=12)
)
def test_cleaning_twice_changes_nothing_more(text):
    assert cleaned(cleaned(text)) == cleaned(text)


def test_names_sort_like_a_thai_dictionary():
    words = [
        "ก",
        "กก",
        "กระบี่",
        "กรุงเทพมหานคร",
        "กะ",
        "กา",
        "กาญจนบุรี",
        "เก็ง",
        "เก่ง",
        "เก้ง",
        "แก",
        "ไก่",
        "ขอนแก่น",
        "ชุมพร",
    ]
    words += ["เชียงราย", "เชียงใหม่", "ตรัง", "น่าน", "พิษณุโลก", "เพชรบุรี", "เพชรบูรณ์", "แพร่", "ภูเก็ต", "ระยอง", "ราชบุรี"]
    words += ["ฤๅษี", "ลพบุรี", "เลย", "สระแก้ว", "สระบุรี", "สุโขทัย", "สุพรรณบุรี", "อ่างทอง", "อำนาจเจริญ", "อุดรธานี"]

    assert sorted(words, key=sort_key) == words


def test_health_zones_sort_by_their_number(places):
    zones = [place for place in places.values() if place.kind == PlaceKind.HEALTH_ZONE]

    assert [zone.code for zone in sorted(zones, key=lambda zone: zone.sort_key_th)] == [
        f"HZ{n:02}" for n in range(1, 14)
    ]
