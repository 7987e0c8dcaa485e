"""Why an activity is as it is, as codes and in words, told by the rules that decide."""

from datetime import timedelta

from domain.drafts import Source
from domain.explaining import Why, explained, in_words
from domain.figures import Figures
from domain.links import Said, Word
from tests.domain.test_dedupe import SEVEN, report


def codes(*reports, mass_kg=62.0, source_order=(), said=None, estimated=False):
    given = {"mass_kg": mass_kg, "source_order": source_order, "said": said or {}, "estimated": estimated}
    return explained(reports, Figures(), **given)


def test_a_lone_record_has_nothing_to_tell_unless_its_mass_was_assumed():
    assert codes(report()) == []
    assert codes(report(), mass_kg=None, estimated=True) == ["MASS_ASSUMED"]


def test_the_rule_by_which_a_record_speaks_is_the_first_that_tells_it_from_the_next():
    phone = report("polar", source=Source.PHONE)

    assert codes(report("garmin"), phone)[0] == "SPEAKS_BY_TRUST:garmin:polar"
    assert codes(report("garmin", minutes=20), report("polar", minutes=60))[0] == "SPEAKS_COVERING:polar:garmin"
    own = codes(report("garmin"), report("polar"), source_order=["polar"])
    assert own[0] == "SPEAKS_BY_OWN_ORDER:polar:garmin"
    assert codes(report("garmin"), report("polar"))[0] == "SPEAKS_BY_NAME:garmin:polar"


def test_what_binds_and_who_lends_is_told():
    copy = report("strava", "16", steps=5480, energy_kcal=371, upstream_partner="garmin", upstream_ref="1")

    assert codes(report("garmin"), copy)[1:] == ["BOUND:upstream", "FILLED:steps:strava", "ENERGY_OF:strava"]


def test_a_persons_own_word_is_told():
    later = report("polar", "2", start=600)
    names = ("garmin", "1"), ("polar", "2")
    same = {names[0]: {names[1]: Said(Word.SAME, SEVEN)}, names[1]: {names[0]: Said(Word.SAME, SEVEN)}}
    apart = {names[0]: {names[1]: Said(Word.APART, SEVEN + timedelta(days=1))}}

    assert codes(report("garmin"), later, said=same)[1:] == ["BOUND:said"]
    assert codes(report("garmin"), said=apart) == ["PARTED"]


def test_every_code_has_words_in_both_languages():
    given = [
        *(f"{each}:garmin:polar" for each in Why if each.startswith("SPEAKS")),
        *(f"BOUND:{each}" for each in ("upstream", "overlap", "near_start", "coarse", "said")),
        *(f"FILLED:{each}:polar" for each in ("distance_meters", "steps", "pulse_bpm", "moving_seconds")),
        "PARTED",
        "ENERGY_OF:polar",
        "MASS_ASSUMED",
    ]
    thai, english = (
        in_words(given, "estimated", "12150", 60.0, ["IMPLAUSIBLE_ENERGY"], in_english=each) for each in (False, True)
    )

    assert len(thai) == len(english) == len(given) + 2
    assert all(any("ก" <= letter <= "ฮ" for letter in sentence) for sentence in thai)
    assert all(sentence.isascii() and sentence.endswith(".") for sentence in english)
    assert not any(":polar" in sentence or "{" in sentence for sentence in (*thai, *english))
    assert english[-1] == "Body mass is unknown; 60 kg is the programme's assumption."
