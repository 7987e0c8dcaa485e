"""Challenges and standings as everybody sees them."""

from __future__ import annotations

from datetime import date, datetime

from auth.viewer import ViewerKind
from domain import challenges as rows
from domain.drafts import Source
from domain.scopes import Scope
from domain.sports import Sport as SportWord
from domain.teams import TeamKind
from engine.declare import Order, Reckoned
from resolvers import (
    challenges,
    collective,
    eligibility,
    enrolments,
    finals,
    organising,
    partners,
    ranks,
    standings,
    team_standings,
)
from resolvers import console as consoles
from schema.console import ChallengeConsole, ConsentingParticipant
from schema.enums import described
from schema.finals import FinalPrize, FinalStanding, FinalTeamStanding
from schema.goals import Progress
from schema.partners import Partner
from schema.places import Place
from schema.prizes import ChallengeStep, Prize
from schema.scalars import BigInt
from schema.standings import Standing, TeamStanding
from schema.words import Connection, Node, Payload, column, computed, connection, holds, many, one, shows, text, value

described(
    rows.Metric,
    says="What a challenge counts, in whole numbers.",
    values={
        "credits": "Credits of exercise.",
        "energy_kcal": "Kilocalories.",
        "distance_meters": "Metres.",
        "moving_minutes": "Minutes in motion.",
        "steps": "Steps, the best day total or those of workouts.",
        "active_days": "Days with an activity.",
        "activities": "Activities.",
    },
)
described(
    rows.Mode,
    says="Who competes, or whether anybody does.",
    values={
        "individuals": "People compete.",
        "teams": "Teams of `teamKind` compete.",
        "personal_goal": "Everybody has the same target for themselves; there is no leaderboard.",
        "collective_goal": "All work for one target together.",
    },
)
described(
    rows.Ranking,
    says="How teams are compared.",
    values={
        "total": "By the sum of their people's scores.",
        "average_per_member": "By the average of a member.",
        "participation_share": "By the share of members who take part.",
        "regular_share": "By the share of members who exercise regularly.",
    },
)
described(
    rows.ChallengeState,
    says="The life of a challenge.",
    values={
        "draft": "Only its sponsor sees it.",
        "published": "Announced; people can join, its rules stand.",
        "running": "Its window has begun; people can join.",
        "grace": "Its window is over; late data still counts.",
        "final": "Its standings are frozen.",
        "cancelled": "It was called off; nothing counts any more and no prizes are given.",
    },
)


class ChallengeOrder(Order):
    """Orders of challenges."""

    STARTS_LATEST = "starts_latest"
    PARTICIPANTS = "participants"


described(
    ChallengeOrder,
    says="The order of challenges.",
    values={"starts_latest": "The latest start first.", "participants": "The most participants first."},
)
ORDERS = {
    ChallengeOrder.STARTS_LATEST: ("-starts_on", "-id"),
    ChallengeOrder.PARTICIPANTS: ("-participants", "-id"),
}


@shows(rows.Challenge, node=challenges.by_id, says="A sponsor's challenge.")
class Challenge(Node):
    """A challenge."""

    title: str = text(th="title_th", en="title_en", says="Its title.")
    description: str = text(th="description_th", en="description_en", says="What it is about.")
    sponsor: Partner | None = one(partners.sponsor_of, says="Who holds it.")
    metric: rows.Metric = column(says="What it counts.")
    mode: rows.Mode = column(says="Who competes.")
    ranking: rows.Ranking = column(says="How teams are compared.")
    team_kind: TeamKind | None = column(says="The kind of team that competes or is shown beside individuals.")
    eligible_sports: list[SportWord] = computed(
        eligibility.eligible_sports, says="The sports that count; empty for all."
    )
    eligible_sources: list[Source] = computed(
        eligibility.eligible_sources, says="The sources that count; empty for all."
    )
    eligible_places: list[Place] = many(
        eligibility.eligible_places, expects=3, says="Whose people count, by home; empty for everybody, 100 at most."
    )
    eligible_team_kinds: list[TeamKind] = computed(
        eligibility.eligible_team_kinds,
        says="Whose people count, by the kinds of their teams on the day; empty for everybody.",
    )
    min_age: int | None = computed(
        eligibility.min_age,
        says="The least age to join, in whole years: the year of the first day less the year of birth; null for none.",
    )
    max_age: int | None = computed(eligibility.max_age, says="The greatest age to join, reckoned alike; null for none.")
    day_metric: rows.Metric | None = column(
        says="Of ACTIVE_DAYS: what makes a day active; null where any activity does."
    )
    day_least: BigInt | None = column(says="How much of `dayMetric` an active day has, in its units; null without one.")
    daily_cap: BigInt | None = column(says="The most that one day adds, in units of the metric; null for no limit.")
    target: BigInt | None = column(says="The goal, in units of the metric; null where there is none.")
    progress: Progress | None = one(
        collective.progress_of,
        says="Of a COLLECTIVE_GOAL: how far all have come together, within seconds; null for others. How far a "
        "participant is says `Standing.progress`.",
    )
    reached_on: date | None = computed(
        collective.reached_on_of,
        says="Of a COLLECTIVE_GOAL: the day in Thailand with which the sum of all reached the target; null before, and "
        "for others. Late and corrected activities move it.",
    )
    starts_on: date = column(says="The first day in Thailand that counts.")
    ends_on: date = column(says="The last day in Thailand that counts.")
    grace_days: int = column(says="How many days after the last one late data still counts.")
    state: rows.ChallengeState = column(says="Where in its life it is.")
    published_at: datetime | None = column(says="When it was announced and its rules froze; null of a draft.")
    cancelled_at: datetime | None = column(says="When it was called off; null unless it was.")
    cancellation: str | None = text(
        th="cancellation_th", en="cancellation_en", says="Why it was called off; null unless it was."
    )
    closed_at: datetime | None = column(says="When its standings were frozen for good; null until then.")
    prizes: list[Prize] = many(organising.prizes_of, limit=20, expects=5, says="Its prizes, in order.")
    prize_budget: BigInt = column(
        says="The most credits that all prizes may come to, kept in the sponsor's budget from publication on."
    )
    steps: list[ChallengeStep] | None = many(
        organising.steps_of,
        needs=Scope.CHALLENGE_MANAGE,
        opens=(ViewerKind.SPONSOR, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="What was done to it, in order, 100 at most: for its sponsor and administrators, empty for others.",
    )
    participants: BigInt = column(says="People who take part.")
    standings_hash: str | None = computed(
        finals.hash_of_challenge, says="SHA-256, in hex, that seals its final standings and prizes; null before."
    )
    final_standings: Connection[FinalStanding] = connection(
        finals.people_of,
        orders=("position",),
        total=finals.people_in,
        says="Its frozen standings by pseudonym, in order; empty before it is final, and of a personal goal.",
    )
    final_team_standings: Connection[FinalTeamStanding] = connection(
        finals.teams_of, orders=("position",), says="The frozen standings of its teams; empty before it is final."
    )
    prizes_won: Connection[FinalPrize] = connection(
        finals.prizes_of, orders=("position",), says="Who won which prize, by pseudonym; empty before it is final."
    )
    my_final_standing: FinalStanding | None = one(
        finals.own_in, says="The viewer's own frozen standing; null before it is final, or without one."
    )
    console: ChallengeConsole | None = one(
        consoles.of_challenge,
        needs=Scope.CHALLENGE_MANAGE,
        opens=(ViewerKind.SPONSOR, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="For its sponsor and administrators: who takes part, as of the last midnight in Thailand. Null for "
        "others, and until the first midnight after publication.",
    )
    consenting_participants: Connection[ConsentingParticipant] | None = connection(
        consoles.consenting,
        orders=("-score", "-pseudonym_id"),
        needs=Scope.PARTICIPANT_READ,
        opens=(ViewerKind.SPONSOR, ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="For its sponsor and administrators: the participants who agreed, the highest score first; empty for "
        "others. Somebody who takes it back is gone at once.",
    )
    leaderboard: Connection[Standing] = connection(
        standings.leaderboard_of,
        orders=("-score", "-pseudonym_id"),
        opening={"rank": ranks.rank_at_the_top},
        reckoned={"rank": Reckoned(ranks.rank_on_a_page, ("challenge_id", "score"))},
        around=standings.line_of,
        says="Everybody's standings, the highest score first.",
    )
    team_leaderboard: Connection[TeamStanding] = connection(
        team_standings.team_leaderboard_of,
        orders=("-ranked", "-figure", "-team_id"),
        opening={"rank": team_standings.team_rank_at_the_top},
        reckoned={
            "rank": Reckoned(team_standings.team_rank_on_a_page, ("challenge_id", "depth", "ranked", "figure")),
        },
        whole=("level",),
        around=team_standings.team_line_of,
        says="The standings of the teams of one level by what `ranking` says, the first rank first; teams that are not "
        "ranked come last.",
    )
    my_standing: Standing | None = one(standings.own_in, says="The viewer's own standing; null unless taking part.")
    rank_of: Standing | None = one(
        standings.chosen_in,
        says="The standing of one participant: the viewer, a person whom the viewer may see, or somebody by pseudonym; "
        "null where there is none, and where nobody competes.",
    )
    my_team_standings: list[TeamStanding] = many(
        team_standings.own_teams_in,
        limit=20,
        expects=2,
        says="The standings of the teams that the viewer belongs to now and of those above them, a level after the "
        "other from the roots on, 20 at most.",
    )
    team_rank_of: TeamStanding | None = one(
        team_standings.chosen_in, says="The standing of one team at whatever level; null where it has none."
    )


@holds(says="The answer of `shareWithSponsor`.")
class ShareWithSponsorPayload(Payload):
    """What setting gives."""

    standing: Standing | None = one(enrolments.standing_of, says="The viewer's standing.")
    challenge: Challenge | None = one(challenges.named, says="The challenge.")


@holds(says="The answer of `joinChallenge`.")
class JoinChallengePayload(Payload):
    """What joining gives."""

    standing: Standing | None = one(enrolments.standing_of, says="The viewer's standing.")
    challenge: Challenge | None = one(challenges.named, says="The challenge.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@holds(says="The answer of `leaveChallenge`.")
class LeaveChallengePayload(Payload):
    """What leaving gives."""

    challenge: Challenge | None = one(challenges.named, says="The challenge, without the viewer.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")
