"""What the sponsor of a challenge sees of it."""

from __future__ import annotations

from datetime import date

from domain import demographics, enrolment_days, snapshots, standings
from domain.statistics import Withheld
from domain.users import Sex
from resolvers import console
from resolvers import standings as lines
from schema.enums import described
from schema.places import Place
from schema.scalars import BigInt
from schema.words import Connection, column, computed, connection, many, one, shows

described(
    demographics.AgeBand,
    says="Whole years that somebody becomes in the year in which they join.",
    values={
        "under_18": "Under 18.",
        "from_18_to_24": "18 to 24.",
        "from_25_to_34": "25 to 34.",
        "from_35_to_44": "35 to 44.",
        "from_45_to_59": "45 to 59.",
        "from_60": "60 and more.",
    },
)
described(
    Sex, says="As the person states it.", values={"female": "Female.", "male": "Male.", "other": "Neither of them."}
)

_PEOPLE = (
    "Participants on the day `asOf`, 10 at least; null where `withheld` says why. A figure moves only when ten people "
    "have joined or left, so that those of two days tell nothing about few."
)
_AS_OF = "The day in Thailand at whose end `people` were so many; null where they are withheld."
_WITHHELD = "Why `people` is null: also TOO_FEW_PEOPLE as long as nothing can be shown at all."


@shows(enrolment_days.EnrolmentDay, says="Who joined and left a challenge on a day.")
class EnrolmentDay:
    """A day of joining and leaving."""

    local_date: date = column(says="The day in Thailand.")
    joined: BigInt = column(from_="joins", says="People who joined.")
    left: BigInt = column(from_="leaves", says="People who left, whenever they had joined.")


@shows(demographics.DemographicCell, says="Participants of an age.")
class AgeBandParticipants:
    """A cell of age."""

    age_band: demographics.AgeBand | None = computed(console.word_of, says="Which; null for those who did not say.")
    people: BigInt | None = column(says=_PEOPLE)
    as_of: date | None = column(from_="shown_on", says=_AS_OF)
    withheld: Withheld | None = column(says=_WITHHELD)


@shows(demographics.DemographicCell, says="Participants of a sex.")
class SexParticipants:
    """A cell of sex."""

    sex: Sex | None = computed(console.word_of, says="Which; null for those who did not say.")
    people: BigInt | None = column(says=_PEOPLE)
    as_of: date | None = column(from_="shown_on", says=_AS_OF)
    withheld: Withheld | None = column(says=_WITHHELD)


@shows(demographics.DemographicCell, says="Participants who lived in a province when they joined.")
class ProvinceParticipants:
    """A cell of province."""

    province: Place | None = one(console.province_of, says="Which; null for those who gave no home.")
    people: BigInt | None = column(says=_PEOPLE)
    as_of: date | None = column(from_="shown_on", says=_AS_OF)
    withheld: Withheld | None = column(says=_WITHHELD)


@shows(
    snapshots.ChallengeSnapshot,
    says="A challenge for those who hold it, as the round of the last night found it; nothing in it changes by day.",
)
class ChallengeConsole:
    """The sponsor's console."""

    as_of: date = column(from_="local_date", says="The day in Thailand whose end the figures are about.")
    enrolled: BigInt = column(says="People who take part.")
    began: BigInt = column(says="Of those, people with a score above 0.")
    active: BigInt = column(says="Of those, people with a day above 0 in the last seven, `asOf` the last of them.")
    reached: BigInt | None = column(says="Of those, people who reached the target; null where there is none.")
    enrolments_by_day: Connection[EnrolmentDay] = connection(
        console.enrolments_by_day,
        orders=("-local_date",),
        says="Who joined and left, the latest day first; days without any are left out.",
    )
    age_bands: list[AgeBandParticipants] = many(
        console.age_bands_of, expects=7, says="Participants by age, as of when they joined; the youngest first."
    )
    sexes: list[SexParticipants] = many(
        console.sexes_of, expects=4, says="Participants by sex, as of when they joined."
    )
    provinces: list[ProvinceParticipants] = many(
        console.provinces_of, expects=78, says="Participants by province of residence as of when they joined, by code."
    )


@shows(standings.Standing, says="A participant who lets the sponsor see this much.")
class ConsentingParticipant:
    """A participant as the sponsor sees them."""

    pseudonym: str = computed(lines.pseudonym_of, says="Stays the same within this challenge and exists in no other.")
    score: BigInt = column(says="In whole units of the challenge's metric.")
