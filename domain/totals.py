"""Could a day's total have happened? What is odd is kept and shown, and does not count."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.bangkok import local_date_of
from domain.drafts import DayTotal
from domain.figures import Figures
from domain.plausibility import Judgement, Verdict

_FIRST_YEAR = 2000


def judged_total(total: DayTotal, figures: Figures, *, now: datetime) -> Judgement:
    """The verdict on one source's total of a day, by the rules of that day. `now` is when it came in."""
    rejected = []
    given = (total.steps, total.distance_meters, total.energy_kcal)
    if any(figure is not None and figure < 0 for figure in given):
        rejected.append("NEGATIVE_FIGURE")
    # A day later than ours anywhere on Earth has not begun.
    if total.local_date > local_date_of(now) + timedelta(days=1):
        rejected.append("FUTURE_START")
    if total.local_date.year < _FIRST_YEAR:
        rejected.append("CLOCK_NOT_SET")
    flagged = ["TOO_MANY_STEPS"] if total.steps is not None and total.steps > figures.day_steps_most else []
    verdict = Verdict.REJECTED if rejected else Verdict.FLAGGED if flagged else Verdict.ACCEPTED
    return Judgement(verdict, tuple(sorted((*rejected, *flagged))))
