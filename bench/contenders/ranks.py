"""How many are ahead of a score, from the histogram that is kept, as each contender's SQL asks for it."""

from __future__ import annotations

from domain.ranks import BITS, SHIFTS, SIBLINGS


def ahead(challenge: str, score: str) -> str:
    """SQL for the number of people in `challenge` with more than `score`, both SQL expressions of an outer query."""
    return (
        "coalesce((SELECT CAST(sum((SELECT sum(b.people) FROM score_buckets b "  # noqa: S608
        f"WHERE b.challenge_id = {challenge} AND b.shift = l.shift AND b.bucket > {score} >> l.shift "
        f"AND b.bucket <= ({score} >> l.shift | {SIBLINGS}))) AS bigint) "
        f"FROM generate_series(0, {SHIFTS[-1]}, {BITS}) AS l(shift)), 0)"
    )
