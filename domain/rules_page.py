"""The rules as a page for people, in English and Thai: every figure with its unit, source and an example."""

from __future__ import annotations

from domain.cards import Line, Stated, Words, stated
from domain.figures import Figures
from domain.fixed_rules import fixed_rules
from domain.rule_examples import example_of
from domain.sports import GROUP_NAMES, SportGroup

_TEXTS = (
    (
        """\
# กติกา

สิ่งที่นับและนับเท่าไร สร้างโดยคำสั่ง `ccc rules` จากกติกาจริงในระบบ ตัวอย่างคำนวณด้วยฟังก์ชันที่ใช้กติกานั้น

## ตัวเลขในสมุดกติกา

ตัวเลขเหล่านี้กำหนดได้: ผู้ดูแลคนหนึ่งร่างฉบับใหม่ ผู้ดูแลอีกคนหนึ่งอนุมัติ แล้วมีผลกับวันตามเวลาไทยตั้งแต่วันที่กำหนดเป็นต้นไป
ตัวเลขในหน้านี้เป็นของฉบับที่ 1 ตามที่โปรแกรมมี ส่วนฉบับที่ใช้อยู่ถามได้จาก `rulebookInForce`""",
        """\
## กติกาที่เหมือนเดิมตลอด

ไม่อยู่ในสมุดกติกา เพราะถ้าเปลี่ยนจะรวมหรือแยกกิจกรรมในอดีต""",
    ),
    (
        """\
# The rules

What counts, and for how much. Made by `ccc rules` from the rules themselves, the examples by the functions that apply
them; a test compares. ภาษาไทยอยู่ครึ่งหลังของหน้านี้ (Thai follows).

## Figures of the rulebook

These are configuration: an administrator drafts a new version, another one approves it, and it applies to local days
from its date on. [operations.md](operations.md) says how. The figures here are those of version 1 as the program has
them; `rulebookInForce` answers those in force.""",
        """\
## Rules that stay the same

These are of no rulebook, since a change would merge and part workouts of the past.""",
    ),
)


def page(figures: Figures) -> str:
    """The whole page in Markdown, English before Thai."""
    lines, fixed = [_line(figures, each) for each in stated(figures)], list(fixed_rules())
    parts = []
    for language in (1, 0):
        of_rulebook, of_none = _TEXTS[language]
        parts += [of_rulebook, _table(lines, language), of_none, _table(fixed, language)]
    return "\n\n".join(parts) + "\n"


_HEADS = (
    ("กติกา", "ความหมาย", "ตัวเลข", "หน่วย", "ที่มา", "ตัวอย่าง"),
    ("rule", "what it decides", "figure", "unit", "source", "example"),
)


def _table(lines: list[Line], language: int) -> str:
    head = _HEADS[language]
    rows = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for each in lines:
        told = (each.says, each.value, each.unit, each.source, each.example)
        rows.append(f"| `{each.name}` | {' | '.join(words[language] for words in told)} |")
    return "\n".join(rows)


def _line(figures: Figures, of: Stated) -> Line:
    says = of.card.says
    if len(of.path) > 1:
        thai, english = GROUP_NAMES[SportGroup(of.path[1])]
        says = Words(f"{thai}: {says.th}", f"{english}: {says.en}")
    value = f"{of.value:,}" if isinstance(of.value, int) else f"{of.value:,.10g}"
    return Line(
        name=of.name,
        says=says,
        value=Words(value, value),
        unit=of.card.unit,
        source=of.card.source,
        example=example_of(figures, of),
    )
