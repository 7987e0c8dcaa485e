"""Goals and progress as those see them whose they are."""

from __future__ import annotations

from resolvers import goals
from schema.scalars import BigInt
from schema.words import column, shows


@shows(goals.Progress, says="How far towards a target.")
class Progress:
    """A progress."""

    value: BigInt = column(says="What there is so far, in whole units of the metric.")
    target: BigInt = column(says="What is aimed at, in whole units of the metric.")
    share: float = column(says="The value divided by the target, 0 to 1; 1 also beyond the target.")
    reached: bool = column(says="Whether the value is at the target or beyond it.")
