"""Cleans and orders Thai text the way a Thai reader does, where software compares code points."""

from __future__ import annotations

import re
import unicodedata

_LEADING_VOWELS = re.compile("([เ-ไ])([ก-ฮ])")
# ็ ่ ้ ๊ ๋ ์ and the rarer ํ ๎: they only break ties in a dictionary.
_MARKS = frozenset("็่้๊๋์ํ๎")
_IGNORED = re.compile(r"[\sฯๆ.,'()\-/]+")
_NUMBER = re.compile(r"\d+")
_MARK_RUN = re.compile("[ัิ-ฺ็-๎]+")
# The order of typing: vowels above and below, then the tone, then the killer; ํ last, to meet its า.
_MARK_ORDER = "ัิีึืฺุู็่้๊๋๎์ํ"
_INVISIBLE = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})
_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")


def cleaned(text: str) -> str:
    """The text as it was meant: invisible characters gone, Thai marks in their one true order.

    Composes NFKC but keeps SARA AM (ำ) whole, joins เ+เ to แ, drops doubled marks, turns Thai digits
    into Arabic ones and runs of white space into one space. Idempotent.
    """
    seen = "".join(letter for letter in text if unicodedata.category(letter) not in _INVISIBLE or letter.isspace())
    text = unicodedata.normalize("NFKC", seen).translate(_DIGITS).replace("เเ", "แ")
    text = _MARK_RUN.sub(_ordered, text)
    # NFKC splits ำ into ํ and า.
    return " ".join(text.replace("ํา", "ำ").split())


def _ordered(run: re.Match[str]) -> str:
    return "".join(sorted(set(run[0]), key=_MARK_ORDER.index))


def sort_key(text: str) -> str:
    """A key whose order by code point (C collation) is the order of a Thai dictionary.

    A leading vowel goes behind its consonant; tone marks count only between names that are otherwise
    equal; numbers count by their value up to 9999; Latin letters sort before Thai, without case.
    Source: order of the Royal Institute Dictionary.
    """
    text = _NUMBER.sub(lambda number: number[0].zfill(4), _IGNORED.sub("", cleaned(text).casefold()))
    letters: list[str] = []
    marks: list[str] = []
    for letter in _LEADING_VOWELS.sub(r"\2\1", text):
        if letter not in _MARKS:
            letters.append(letter)
            marks.append("0")
        elif marks:
            marks[-1] = letter
    return f"{''.join(letters)} {''.join(marks).rstrip('0')}".rstrip()
