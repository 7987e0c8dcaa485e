"""People as they and those whom they trust see them."""

from __future__ import annotations

from datetime import date

from domain import counters
from domain import users as rows
from domain.scopes import Scope
from resolvers import (
    activities,
    admissions,
    connections,
    credits,
    goals,
    guardians,
    memberships,
    places,
    standings,
    streaks,
    totals,
    users,
)
from schema.activities import ORDERS, Activity
from schema.admissions import JoinRequest, TeamInvitation
from schema.credits import CreditEntry
from schema.enums import described
from schema.goals import Goal
from schema.guardians import GuardianConsent
from schema.partners import PartnerLink
from schema.places import Place
from schema.scalars import BigInt
from schema.standings import Standing
from schema.streaks import Streaks
from schema.teams import Membership
from schema.totals import DayTotal
from schema.words import Connection, Language, Node, column, computed, connection, many, one, shows

described(Language, says="The language of a text.", values={"th": "Thai (ภาษาไทย).", "en": "English."})


@shows(counters.UserDay, says="A person's accepted activities of one day.")
class UserDay:
    """A day."""

    local_date: date = column(says="The day in Thailand.")
    activities: int = column(says="How many activities.")
    moving_seconds: BigInt = column(says="Seconds in motion; overlapping ones count once.")
    vigorous_seconds: BigInt = column(says="Of those, seconds at 6 MET or more.")
    distance_meters: BigInt = column(says="Metres.")
    energy_kcal: BigInt = column(says="Kilocalories; overlapping ones count once.")
    credits: int = column(says="Credits of exercise.")
    steps: BigInt | None = computed(
        totals.steps_of,
        says="Steps of the whole day by its best source, as challenges count them; null without any.",
    )
    day_totals: list[DayTotal] = many(
        totals.of_day,
        expects=2,
        says="What each source counted on the whole day, by partner; not added to activities.",
    )


@shows(counters.UserPeriod, says="A person's accepted activities of one ISO week.")
class UserWeek:
    """A week."""

    starts_on: date = column(says="Its Monday in Thailand.")
    activities: int = column(says="How many activities.")
    equivalent_minutes: BigInt = computed(
        users.equivalent_minutes_of, says="Whole minutes in motion; those at 6 MET or more count twice."
    )
    is_regular: bool = computed(
        users.is_regular_week,
        says="Whether they exercise regularly as of this week: it and those before it, as many as the rules look at, "
        "hold enough weeks of enough minutes. Of the running week it is a first word.",
    )


@shows(
    rows.User,
    node=users.by_id,
    says="A person. Others than themselves see the display name at most, partners what the person granted them.",
)
class User(Node):
    """A person."""

    display_name: str | None = computed(users.display_name_of, needs=Scope.PROFILE_READ, says="The name they show.")
    home_place: Place | None = one(places.home_of, says="Where they live, as finely as they gave it.")
    language: Language | None = computed(users.language_of, says="The language they read.")
    birth_year: int | None = computed(users.birth_year_of, says="The year of birth, Gregorian.")
    mass_kg: float | None = computed(users.mass_of, needs=Scope.HEALTH_READ, says="Body mass, kilograms; health data.")
    activities: Connection[Activity] | None = connection(
        activities.of_user, orders=ORDERS, needs=Scope.ACTIVITY_READ, says="Their activities."
    )
    days: Connection[UserDay] | None = connection(
        users.days_of, orders=("-local_date",), needs=Scope.ACTIVITY_READ, says="Their days, the latest first."
    )
    weeks: Connection[UserWeek] | None = connection(
        users.weeks_of,
        orders=("-starts_on",),
        needs=Scope.ACTIVITY_READ,
        says="Their weeks with an activity, the latest first.",
    )
    is_regular_exerciser: bool | None = computed(
        users.is_regular,
        needs=Scope.ACTIVITY_READ,
        says="Whether they exercise regularly: enough minutes (150, vigorous ones twice) in at least 3 of the last 4 "
        "weeks in Thailand, as the rules say. The running week counts as soon as it is enough. Follows within seconds.",
    )
    streaks: Streaks | None = one(
        streaks.of_user,
        needs=Scope.ACTIVITY_READ,
        says="Their days or weeks of exercise without a gap; null for everybody but themselves.",
    )
    goals: list[Goal] | None = many(
        goals.of_user,
        expects=3,
        needs=Scope.ACTIVITY_READ,
        says="What they aim at in the present periods and from later ones on, by metric and period, 100 at most; empty "
        "for everybody but themselves.",
    )
    day_totals: Connection[DayTotal] | None = connection(
        totals.of_user,
        orders=("-local_date", "partner_name"),
        needs=Scope.ACTIVITY_READ,
        says="What their sources counted on whole days, the latest first; also on days without any activity.",
    )
    credit_balance: BigInt | None = computed(
        credits.balance_of, needs=Scope.CREDIT_READ, says="Their credits; below 0 while a deletion left a debt."
    )
    credit_debt: BigInt | None = computed(
        credits.debt_of,
        needs=Scope.CREDIT_READ,
        says="What they owe, since credits were taken back after they were spent; later credits work it off. 0 for "
        "nearly everybody.",
    )
    credit_entries: Connection[CreditEntry] | None = connection(
        credits.of_user, orders=("-id",), needs=Scope.CREDIT_READ, says="Their account, the latest entry first."
    )
    memberships: list[Membership] = many(
        memberships.of_user, expects=3, says="Their times in teams, the latest first, 100 at most."
    )
    team_invitations: list[TeamInvitation] = many(
        admissions.invitations_of_user,
        expects=2,
        says="Invitations to teams made out to them that can be used, the latest first; for themselves.",
    )
    join_requests: list[JoinRequest] = many(
        admissions.requests_of_user,
        expects=2,
        says="Their requests to join teams, the latest first, 100 at most; for themselves.",
    )
    guardian_consents: list[GuardianConsent] | None = many(
        guardians.consents_of,
        expects=2,
        needs=Scope.CONSENT_MANAGE,
        says="For themselves: what guardians consented to for them, and they for minors; the latest first.",
    )
    standings: Connection[Standing] = connection(
        standings.standings_of,
        orders=("-challenge_id",),
        says="Their standings, the latest challenge first; empty for everybody but themselves.",
    )
    connections: list[PartnerLink] | None = many(
        connections.of_user,
        expects=3,
        needs=Scope.CONNECTION_MANAGE,
        says="Their links to partners, by the partner's name.",
    )
