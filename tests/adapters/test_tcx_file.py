"""TCX files of devices and apps, and files that neither would write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.base import items
from adapters.tcx_file import ADAPTER, normalise
from domain.drafts import Draft, EnergyKind, Item, Problem, Skipped, Source, refusal
from domain.errors import BadPayload
from domain.sports import Sport
from tests.adapters.expected import SAMPLES, differences, expected_of, sample
from tests.adapters.xml_mutations import changed_xml

FILES = sorted(path.name for path in (SAMPLES / "tcx").glob("*.tcx"))
SPORTS = {"Running": "run", "Other": "other"}
START = "2026-05-01T00:00:00Z"


def lap(figures: str = "", *, start: str = START, points: str = "", seconds: str = "600") -> str:
    timer = f"<TotalTimeSeconds>{seconds}</TotalTimeSeconds>" if seconds else ""
    return f'<Lap StartTime="{start}">{timer}{figures}<Track>{points}</Track></Lap>'


def point(time: str, meters: float | None = None, place: tuple[float, float] | None = None) -> str:
    where = (
        f"<LatitudeDegrees>{place[0]}</LatitudeDegrees><LongitudeDegrees>{place[1]}</LongitudeDegrees>" if place else ""
    )
    distance = "" if meters is None else f"<DistanceMeters>{meters}</DistanceMeters>"
    return f"<Trackpoint><Time>{time}</Time><Position>{where}</Position>{distance}</Trackpoint>"


def activity(*laps: str, sport: str = "Running", name: str = START, rest: str = "") -> str:
    return f'<Activity Sport="{sport}"><Id>{name}</Id>{"".join(laps)}{rest}</Activity>'


def tcx(*activities: str) -> bytes:
    inside = "".join(activities)
    return f"<TrainingCenterDatabase><Activities>{inside}</Activities></TrainingCenterDatabase>".encode()


def one(data: bytes) -> Item:
    (item,) = items(ADAPTER, data)
    return item


def draft_of(data: bytes) -> Draft:
    item = one(data)
    assert isinstance(item, Draft)
    return item


def problem_of(data: bytes) -> Problem:
    item = one(data)
    assert isinstance(item, Problem)
    return item


@pytest.mark.parametrize("name", FILES)
def test_a_recorded_file_becomes_what_is_expected(name: str) -> None:
    draft = draft_of(sample(f"tcx/{name}"))

    (wanted,) = expected_of(f"tcx/{name}")
    assert differences(draft, {**wanted, "sport": SPORTS[str(wanted["sport"])]}) == {}
    assert (draft.partner_ref, draft.device_name, draft.sport_word) == (wanted["id"], wanted["device"], wanted["sport"])


def test_a_recorded_run_keeps_all_that_the_watch_said() -> None:
    draft = draft_of(sample("tcx/tcxreader_xc_ski.tcx"))

    assert (draft.energy_kind, draft.source, draft.pulse_bpm) == (EnergyKind.TOTAL, Source.DEVICE, 143)
    assert (draft.steps, draft.utc_offset_seconds, draft.title) == (None, None, None)
    assert draft.raw.startswith(b'<Activity Sport="Other">')
    assert draft.raw.endswith(b"</Activity>")


@pytest.mark.parametrize("name", FILES)
def test_what_is_kept_of_a_workout_reads_the_same_again(name: str) -> None:
    draft = draft_of(sample(f"tcx/{name}"))

    assert draft_of(draft.raw) == draft


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_comes_in_pieces_gives_the_same(name: str) -> None:
    data = sample(f"tcx/{name}")

    assert list(normalise(data[i : i + 1000] for i in range(0, len(data), 1000))) == list(normalise(data))


def test_the_peak_speed_is_robust_against_single_jumps() -> None:
    steady = [point(f"2026-05-01T00:{s // 60:02}:{s % 60:02}Z", s * 3.0) for s in range(0, 300, 5)]
    jump = [point("2026-05-01T00:05:00Z", 299 * 3.0 + 90)]

    assert draft_of(tcx(activity(lap(points="".join(steady + jump))))).p95_speed_mps == pytest.approx(3.0)


def test_laps_add_up_and_pauses_count_as_elapsed_only() -> None:
    figures = "<DistanceMeters>1000</DistanceMeters><Calories>50.5</Calories>"
    later = lap(figures, start="2026-05-01T00:15:00Z", seconds="300")

    draft = draft_of(tcx(activity(lap(figures), later)))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (1200, 900)
    assert (draft.distance_meters, draft.energy_kcal) == (2000, 101)


def test_the_laps_pulses_count_for_as_long_as_they_lasted() -> None:
    def pulse(bpm: int) -> str:
        return f"<AverageHeartRateBpm><Value>{bpm}</Value></AverageHeartRateBpm>"

    draft = draft_of(tcx(activity(lap(pulse(100), seconds="100"), lap(pulse(160), seconds="300"))))

    assert draft.pulse_bpm == 145


def test_steps_of_the_extension_add_up() -> None:
    steps = "<Extensions><x:LX><x:AvgSpeed>3</x:AvgSpeed><x:Steps>1200</x:Steps></x:LX></Extensions>"

    assert draft_of(tcx(activity(lap(steps), lap(steps)))).steps == 2400


def test_zero_calories_are_not_measured() -> None:
    draft = draft_of(tcx(activity(lap("<Calories>0</Calories><DistanceMeters></DistanceMeters>"))))

    assert (draft.energy_kcal, draft.distance_meters, draft.steps, draft.pulse_bpm) == (None, None, None, None)


def test_without_totals_the_points_are_measured() -> None:
    points = (
        point("2026-05-01T00:00:00Z", place=(13.75, 100.50))
        + point("2026-05-01T00:01:00Z", place=(13.751, 100.50))
        + point("2026-05-01T00:05:00Z", place=(13.751, 100.50))
    )

    draft = draft_of(tcx(activity(lap(points=points, seconds=""))))

    assert (draft.elapsed_seconds, draft.moving_seconds) == (300, 60)
    assert draft.distance_meters == pytest.approx(111.3, abs=0.1)


@pytest.mark.parametrize(
    ("sport", "notes", "ours", "word"),
    [
        ("Running", "Aerobics", Sport.RUN, "Running"),
        ("Biking", "", Sport.RIDE, "Biking"),
        ("Walking", "", Sport.WALK, "Walking"),
        ("Other", "Stand Up Paddling", Sport.SUP, "Stand Up Paddling"),
        ("Other", "แอโรบิก", Sport.AEROBICS, "แอโรบิก"),
        ("Other", "with Somchai's friends", Sport.OTHER, "Other"),
        ("Quidditch", "Running", Sport.OTHER, "Quidditch"),
    ],
)
def test_the_notes_tell_the_sport_only_of_an_other(sport: str, notes: str, ours: Sport, word: str) -> None:
    draft = draft_of(tcx(activity(lap(), sport=sport, rest=f"<Notes>{notes}</Notes>")))

    assert (draft.sport, draft.sport_word) == (ours, word)


def test_each_leg_of_a_multisport_session_is_a_workout() -> None:
    first = f"<FirstSport>{activity(lap(), sport='Other', name='2026-05-01T00:00:00Z')}</FirstSport>"
    later = "2026-05-01T00:20:00Z"
    second = f"<NextSport><Transition/>{activity(lap(start=later), sport='Biking', name=later)}</NextSport>"

    found = list(items(ADAPTER, tcx(f"<MultiSportSession><Id>x</Id>{first}{second}</MultiSportSession>")))

    assert [(item.sport, item.started_at.minute) for item in found if isinstance(item, Draft)] == [
        (Sport.OTHER, 0),
        (Sport.RIDE, 20),
    ]


def test_courses_and_workouts_are_plans() -> None:
    data = b"<TrainingCenterDatabase><Courses><Course><Lap/><Track/></Course></Courses></TrainingCenterDatabase>"

    assert [type(item) for item in items(ADAPTER, data)] == [Skipped, Skipped]


def test_driving_is_no_exercise() -> None:
    assert isinstance(one(tcx(activity(lap(), sport="Driving"))), Skipped)


@pytest.mark.parametrize(
    ("name", "start", "code"),
    [
        ("2026-05-01T06:00:00", "2026-05-01T06:00:00", "MISSING_ZONE"),
        ("", "", "MISSING_TIME"),
        ("yesterday", "01/05/2569", "BAD_TIME"),
        ("3000-01-01T00:00:00Z", "", "BAD_TIME"),
    ],
)
def test_a_start_that_is_not_one_moment_is_quarantined(name: str, start: str, code: str) -> None:
    problem = problem_of(tcx(activity(lap(start=start), name=name)))

    assert (problem.code, problem.path[:2], problem.raw[:9]) == (code, ("Activity", 0), b"<Activity")


def test_a_name_with_a_zone_helps_a_lap_without() -> None:
    draft = draft_of(tcx(activity(lap(start="2026-05-01T07:00:00"), name="2026-05-01T07:00:00+07:00")))

    assert (draft.started_at, draft.utc_offset_seconds) == (datetime(2026, 5, 1, tzinfo=UTC), 25200)


def test_without_any_duration_a_workout_is_quarantined() -> None:
    assert problem_of(tcx(activity(lap(seconds="")))).code == "MISSING_DURATION"


def test_a_total_that_is_no_number_is_quarantined_with_its_place() -> None:
    problem = problem_of(tcx(activity(lap(), lap("<Calories>NaN</Calories>"))))

    assert (problem.code, problem.path) == ("BAD_NUMBER", ("Activity", 0, "Lap", 1, "Calories"))


def test_one_bad_workout_does_not_cost_the_others() -> None:
    found = list(items(ADAPTER, tcx(activity(lap()), activity(lap(seconds="x")), activity(lap()))))

    assert [type(item) for item in found] == [Draft, Problem, Draft]


@pytest.mark.parametrize(("creator", "source"), [("Strava Android App", Source.PHONE), ("Edge 530", Source.DEVICE)])
def test_an_app_that_names_itself_is_a_phone(creator: str, source: Source) -> None:
    assert draft_of(tcx(activity(lap(), rest=f"<Creator><Name>{creator}</Name></Creator>"))).source is source


def test_without_a_creator_the_lesser_trust_is_given() -> None:
    assert draft_of(tcx(activity(lap()))).source is Source.PHONE


@pytest.mark.parametrize("cut", [10, 400, 3000, 26_000])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(BadPayload, match="broken"):
        list(normalise(sample("tcx/tcxreader_xc_ski.tcx")[:cut]))


def assert_only_items(data: bytes) -> None:
    try:
        found = list(items(ADAPTER, data))
    except BadPayload:
        return
    for item in found:
        assert isinstance(item, Draft | Problem | Skipped)
        assert not isinstance(item, Draft) or refusal(item) is None


SMALL = tcx(
    activity(
        lap("<DistanceMeters>5</DistanceMeters><Calories>9</Calories>", points=point(START, 1.0, (13.7, 100.5)) * 3),
        rest="<Notes>Yoga</Notes><Creator><Name>Edge</Name></Creator>",
    ),
    activity(lap(), sport="Other"),
)


@settings(max_examples=200, deadline=None)
@given(changed_xml(SMALL) | changed_xml(sample("tcx/tcxreader_xc_ski.tcx")[:6000]))
def test_a_changed_file_gives_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)


@pytest.mark.long
@settings(max_examples=10_000, deadline=None)
@given(changed_xml(SMALL) | changed_xml(sample("tcx/tcxreader_xc_ski.tcx")) | st.binary(max_size=400))
def test_ten_thousand_changed_files_give_items_or_a_refusal(data: bytes) -> None:
    assert_only_items(data)
