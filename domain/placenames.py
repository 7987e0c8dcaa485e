"""Finds the place that a messy Thai or English name means; refuses to guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from types import MappingProxyType

from domain.errors import UnknownPlace
from domain.thai import cleaned

_BANGKOK = "10"
_READ_LETTERS = 200
_SHOWN_LETTERS = 60
_CANDIDATES = 5

# Short and old names in daily use, by province. Those that also mean another place are left out.
_PROVINCE_ALIASES: Mapping[str, str] = {
    "10": "กทม กรุงเทพ บางกอก bkk krungthep krungthepmahanakhon bangkokmetropolis",
    "11": "samutprakarn",
    "12": "นนท์",
    "13": "ปทุม",
    "14": "อยุธยา กรุงเก่า ayutthaya ayudhya ayuthaya",
    "20": "ชล",
    "22": "จันท์",
    "24": "แปดริ้ว paetriu paedriu",
    "25": "ปราจีน",
    "30": "โคราช นครราช korat khorat",
    "33": "ศีรษะเกษ",
    "34": "อุบล ubon",
    "41": "อุดร udon",
    "44": "สารคาม",
    "71": "กาญจน์",
    "72": "สุพรรณ suphan",
    "74": "มหาชัย mahachai",
    "75": "แม่กลอง maeklong",
    "77": "ประจวบ prachuap",
    "80": "นครศรี นครศรีธรรม",
    "84": "สุราษฎร์ สุราษ surat",
}
_DISTRICT_ALIASES: Mapping[str, str] = {"1008": "ป้อมปราบ", "1401": "อยุธยา กรุงเก่า ayutthaya"}
_CAPITAL_WORDS = ("เมือง", "mueang", "muang")


class _Level(Enum):
    """A level of the tree: its noun and the words and letters that people put around its names."""

    PROVINCE = ("province", "จังหวัด", "จ", "changwat|province")
    DISTRICT = ("district", r"กิ่งอำเภอ|กิ่ง\s*อ\.|อำเภอ|เขต", "อ", r"king amphoe|amphoe|amphur|khet|district")
    SUBDISTRICT = ("subdistrict", "ตำบล|แขวง", "ต", r"tambon|tambol|khwaeng|sub-?\s?district")

    def __init__(self, noun: str, words: str, letter: str, english: str) -> None:
        self.noun = noun
        self.prefix = re.compile(
            rf"^(?:(?:{words})[\s.]*|{letter}\s*\.[\s.]*|{letter}\s+|(?:{english})[\s.]+)", re.IGNORECASE
        )
        self.suffix = re.compile(rf"\s(?:{english})$", re.IGNORECASE)
        self.letter = letter


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """DOPA codes of one spot, as deep as it is known; each code starts with the one before."""

    province_code: str
    district_code: str | None = None
    subdistrict_code: str | None = None


def province_named(text: str) -> str:
    """The two-digit code of the province that `text` names. Raises UnknownPlace."""
    return _named(_Level.PROVINCE, text, None)


def district_named(text: str, province_code: str | None = None) -> str:
    """The four-digit code of the district that `text` names, within the province if that is known.

    `เมือง` alone is the capital district of the province. Raises UnknownPlace, also when several
    provinces have a district of this name and none is given.
    """
    return _named(_Level.DISTRICT, text, province_code)


def subdistrict_named(text: str, district_code: str) -> str:
    """The six-digit code of the subdistrict that `text` names within the district. Raises UnknownPlace."""
    return _named(_Level.SUBDISTRICT, text, district_code)


def located(
    province: str | None, district: str | None = None, subdistrict: str | None = None, *, suggest: bool = True
) -> Located:
    """The codes that three cells of free text mean; blank cells are not known.

    A missing province follows from the district, a missing district from the subdistrict, where the
    name has one meaning. Raises UnknownPlace, also when all three are blank; `suggest` False spares the
    search for names that look alike, which takes a tenth of a second.
    """
    province, district, subdistrict = (
        cleaned(cell or "").strip("-") or None for cell in (province, district, subdistrict)
    )
    if province is None and district is None and subdistrict is None:
        raise UnknownPlace("No place is named; send at least a province.")
    province_code = _named(_Level.PROVINCE, province, None, suggest=suggest) if province else None
    district_code = _named(_Level.DISTRICT, district, province_code, suggest=suggest) if district else None
    scope = district_code or province_code
    code = _named(_Level.SUBDISTRICT, subdistrict, scope, suggest=suggest) if subdistrict else None
    deepest = code or district_code or province_code or ""
    return Located(
        province_code=deepest[:2],
        district_code=deepest[:4] if len(deepest) > len("10") else None,
        subdistrict_code=code,
    )


def _named(level: _Level, text: str, scope: str | None, *, suggest: bool = True) -> str:
    text = cleaned(text[:_READ_LETTERS])
    exact, loose = _index(level)
    keys = tuple(_readings(level, text))
    for table, fold in ((exact, str), (loose, _folded)):
        for key in keys:
            found = table.get((scope, fold(key)), ())
            if len(found) == 1:
                return found[0]
            if found:
                raise _refusal(level, text, found, "names several places; add what it lies in, or send a code")
    near = _near(level, scope, keys[0][:_SHOWN_LETTERS]) if keys and suggest else ()
    raise _refusal(level, text, near, "is not known" + (f" in {_label(scope)}" if scope else ""))


def _refusal(level: _Level, text: str, codes: Iterable[str], reason: str) -> UnknownPlace:
    candidates = tuple(_label(code) for code in codes)[:_CANDIDATES]
    hint = f" Did you mean: {'; '.join(candidates)}?" if candidates else ""
    return UnknownPlace(f"The {level.noun} “{text[:_SHOWN_LETTERS]}” {reason}.{hint}", candidates=candidates)


def _readings(level: _Level, text: str) -> Iterator[str]:
    """Keys that the text may mean, the likeliest first: without its prefix, as it stands, without a bare letter."""
    bare = level.suffix.sub("", level.prefix.sub("", text, count=1))
    whole = _key(text)
    for key in (_key(bare), whole, whole.removeprefix(level.letter)):
        if key:
            yield key


def _key(name: str) -> str:
    """The letters, marks and digits of a cleaned name, without case."""
    # Thai vowel and tone marks are no letters to isalnum().
    return "".join(
        letter for letter in name.casefold() if (letter.isalnum() or "ั" <= letter <= "๎") and letter not in "ฯๆ"
    )


_FOLDED_THAI = str.maketrans("ณฌญฆฎฏฐฑฒภศษฬ", "นนยคดตถททพสสล", "็่้๊๋์")
_FOLDED_ENGLISH = ((re.compile("muang"), "mueang"), (re.compile("(?<=[ptkc])h"), ""), (re.compile(r"(.)\1"), r"\1"))


def _folded(key: str) -> str:
    """The key as it sounds: letters of one sound become one, tone marks go, `ph` and `p` are the same."""
    key = key.translate(_FOLDED_THAI)
    if key.isascii():
        for pattern, plain in _FOLDED_ENGLISH:
            key = pattern.sub(plain, key)
    return key


_Table = Mapping[tuple[str | None, str], tuple[str, ...]]


@cache
def _index(level: _Level) -> tuple[_Table, _Table]:
    """Codes by (scope, key) and by (scope, folded key). Scopes are None and every code above the place."""
    exact: dict[tuple[str | None, str], set[str]] = {}
    loose: dict[tuple[str | None, str], set[str]] = {}
    for code in _codes(level):
        scopes = (None, *(code[:length] for length in range(2, len(code), 2)))
        for key in {_key(cleaned(name)) for name in _spellings(level, code)}:
            for scope in scopes:
                exact.setdefault((scope, key), set()).add(code)
                loose.setdefault((scope, _folded(key)), set()).add(code)
    return _frozen(exact), _frozen(loose)


def _frozen(table: Mapping[tuple[str | None, str], set[str]]) -> _Table:
    return MappingProxyType({key: tuple(sorted(codes)) for key, codes in table.items()})


@cache
def names_by_code() -> Mapping[str, tuple[str, str]]:
    """The Thai and the English name of every province, district and subdistrict, in the order of codes."""
    import geothai  # noqa: PLC0415  its data need not be read before a place is asked for

    provinces = geothai.provinces()
    districts = [district for province in provinces for district in geothai.districts(province.code)]
    names = {province.code: (province.name_th, province.name_en) for province in provinces}
    names |= {district.code: (district.name_th, district.name_en) for district in districts}
    for district in districts:
        names |= {each.code: (each.name_th, each.name_en) for each in geothai.subdistricts(district.code)}
    return MappingProxyType(names)


@cache
def _codes(level: _Level) -> tuple[str, ...]:
    digits = {_Level.PROVINCE: 2, _Level.DISTRICT: 4, _Level.SUBDISTRICT: 6}[level]
    return tuple(code for code in names_by_code() if len(code) == digits)


def _spellings(level: _Level, code: str) -> Iterator[str]:
    """Every way to write this place that has one meaning at its level."""
    name_th, name_en = names_by_code()[code]
    yield from (code, name_th, name_en)
    if level is _Level.PROVINCE:
        yield f"th{code}"
        yield from _PROVINCE_ALIASES.get(code, "").split()
    elif level is _Level.DISTRICT:
        yield name_th.removeprefix("เขต")  # Bangkok's districts carry the word in their names
        yield from _DISTRICT_ALIASES.get(code, "").split()
        if code.endswith("01") and not code.startswith(_BANGKOK):
            homes = ("", *_spellings(_Level.PROVINCE, code[:2]))
            yield from (f"{capital}{home}" for capital in _CAPITAL_WORDS for home in homes)
    elif "(" in name_th:  # one subdistrict is listed under two names, the older in brackets
        yield from re.split(r"[()]", name_th)[:2]


def _label(code: str) -> str:
    """A place as a person recognises it: `name (district, province) code`."""
    above = [names_by_code()[code[:length]][0] for length in range(len(code) - 2, 0, -2)]
    return f"{names_by_code()[code][0]} ({', '.join(above)}) {code}" if above else f"{names_by_code()[code][0]} {code}"


@lru_cache(maxsize=4096)  # a bad spelling comes back on every row of its spreadsheet
def _near(level: _Level, scope: str | None, key: str) -> tuple[str, ...]:
    """Up to 5 places whose names look like the key: inside the scope, else further and further around it."""
    exact, _ = _index(level)
    for reach in (*(scope[:length] for length in range(len(scope or ""), 0, -2) if scope), None):
        keys = [name for (inside, name) in exact if inside == reach]
        found = [code for name in difflib.get_close_matches(key, keys, _CANDIDATES) for code in exact[reach, name]]
        if found:
            return tuple(dict.fromkeys(found))[:_CANDIDATES]
    return ()
