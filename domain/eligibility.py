"""Who may join a challenge: conditions that the statement of joining asks, and why somebody does not meet them."""

from __future__ import annotations

from typing import Any

from domain.errors import Conflict
from domain.guardians import MAY_TAKE_PART, GuardianNeeded

_AT = ("input", "challengeId")


class NotEligible(Conflict):
    """A challenge for other people: of other ages, places or teams."""

    code = "NOT_ELIGIBLE"


# Each is about a challenge `c`, a person `u` and the local day `:today`.
CONDITIONS = {
    "of_age": """
        NOT jsonb_exists_any(c.eligibility, ARRAY['min_age', 'max_age']) OR coalesce(
            extract(year FROM c.starts_on) - u.birth_year
            BETWEEN coalesce(CAST(c.eligibility->>'min_age' AS integer), 0)
                AND coalesce(CAST(c.eligibility->>'max_age' AS integer), 1000), false)
    """,
    "at_home": """
        NOT jsonb_exists(c.eligibility, 'places') OR EXISTS (
            SELECT FROM place_ancestors a
            WHERE a.place_code = u.home_place_code AND jsonb_exists(c.eligibility->'places', a.ancestor_code))
    """,
    "in_team": """
        NOT jsonb_exists(c.eligibility, 'team_kinds') OR EXISTS (
            SELECT FROM memberships m JOIN teams t ON t.id = m.team_id JOIN teams a ON a.id = ANY(t.ancestor_ids)
            WHERE m.user_id = u.id AND m.joined_on <= CAST(:today AS date)
              AND (m.left_on IS NULL OR m.left_on > CAST(:today AS date))
              AND jsonb_exists(c.eligibility->'team_kinds', a.kind))
    """,
    "consented": MAY_TAKE_PART.format(person="u", day=":today"),
}
"""SQL by name. All must hold; people whose year of birth, home or team is not known do not meet what asks for it."""

MEETS_ALL = " AND ".join(f"({sql})" for sql in CONDITIONS.values())
"""SQL for whether somebody may join."""

WHY = f"""
    {", ".join(f"({sql}) AS {name}" for name, sql in CONDITIONS.items())},
    c.eligibility, u.birth_year, extract(year FROM c.starts_on) AS year,
    (SELECT string_agg(p.name_en, ', ' ORDER BY p.code) FROM places p
     WHERE jsonb_exists(c.eligibility->'places', p.code)) AS places
"""  # noqa: S608
"""SQL columns for `reason`."""


def reason(held: Any) -> NotEligible | GuardianNeeded | None:
    """Why somebody may not join, by the columns of `WHY`; None when they may."""
    rules = held.eligibility
    if not held.of_age:
        ages = (
            f"{rules.get('min_age', 0)} or older"
            if rules.get("max_age") is None
            else (f"{rules.get('min_age', 0)} to {rules['max_age']}")
        )
        own = (
            "your profile says no year of birth"
            if held.birth_year is None
            else (f"you are reckoned {held.year - held.birth_year}")
        )
        message = f"It is for people of {ages} in {held.year}, by year of birth; {own}. Choose another challenge."
    elif not held.at_home:
        message = f"It is for people at home in {held.places}. Choose another challenge, or set your home place first."
    elif not held.in_team:
        kinds = ", ".join(rules["team_kinds"])
        message = f"It is for people in teams of these kinds: {kinds}. Join such a team first."
    elif not held.consented:
        return GuardianNeeded(
            "You take part with a guardian's consent: get a code by `askGuardian`, give it to them, and join when they "
            "have consented.",
            path=_AT,
        )
    else:
        return None
    return NotEligible(message, path=_AT)
