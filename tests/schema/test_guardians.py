"""Guardians' consent: asked by minors, given by adults, withdrawn by either."""

import asyncio
from datetime import timedelta

import pytest

from domain.guardians import TEXT_VERSION
from tests.schema import factories as make

ASK = 'mutation { askGuardian(input: {idempotencyKey: "k"}) { userErrors { code } code codeExpiresAt } }'
CONSENT = """
mutation($code: String!, $version: String!) {
  consentAsGuardian(input: {code: $code, textVersion: $version, idempotencyKey: "k"}) {
    userErrors { code } consent { consentId isMine minorName guardianName code consentedAt textVersion }
  }
}
"""
WITHDRAW = """
mutation($id: ID!) {
  withdrawGuardianConsent(input: {consentId: $id}) { userErrors { code } consent { withdrawnAt } }
}
"""
MINE = "{ viewer { user { guardianConsents { isMine minorName guardianName code withdrawnAt } } } }"


@pytest.fixture
def asked(ask):
    """The code of a minor, or what refused them."""

    async def of(minor, **more):
        answer = (await ask(ASK, make.citizen(minor), **more))["askGuardian"]
        return answer["code"] or answer["userErrors"][0]["code"]

    return of


@pytest.fixture
def consented(ask):
    """The consent, or what refused it."""

    async def to(guardian, code, version=TEXT_VERSION, **more):
        answer = (await ask(CONSENT, make.citizen(guardian), code=code, version=version, **more))["consentAsGuardian"]
        return answer["consent"] or answer["userErrors"][0]["code"]

    return to


@pytest.fixture
async def family(worker_sessions):
    """A minor and an adult."""
    minor = await make.person(worker_sessions, "Nid", birth_year=2012)
    return minor, await make.person(worker_sessions, "Malee", birth_year=1980)


async def test_a_guardian_consents_once_with_the_code_that_the_minor_asked_for(family, asked, consented):
    minor, guardian = family
    code = await asked(minor)

    given = await consented(guardian, code.lower())

    assert given == {
        "consentId": given["consentId"],
        "isMine": False,
        "minorName": "Nid",
        "guardianName": "Malee",
        "code": None,
        "consentedAt": "2026-01-31T05:00:00Z",
        "textVersion": TEXT_VERSION,
    }
    assert await consented(guardian, code) == given
    assert await asked(minor) == "CONFLICT"


async def test_a_code_that_waits_stays_the_same_and_an_expired_one_is_replaced(family, asked, consented):
    minor, guardian = family
    code = await asked(minor)
    later = make.NOW + timedelta(days=8)

    again, fresh = await asked(minor), await asked(minor, now=later)

    assert again == code
    assert fresh != code
    assert await consented(guardian, code, now=later) == "NOT_FOUND"
    assert (await consented(guardian, fresh, now=later))["minorName"] == "Nid"


async def test_only_who_is_certainly_of_age_consents_and_nobody_for_themselves(
    family, asked, consented, worker_sessions
):
    minor, guardian = family
    code = await asked(minor)
    friend = await make.person(worker_sessions, birth_year=2008)
    unknown = await make.person(worker_sessions)

    refused = [await consented(each, code) for each in (friend, unknown, minor)]

    assert refused == ["NOT_OF_AGE"] * 3
    assert await asked(guardian) == "CONFLICT"
    assert await consented(guardian, "NOSUCHCODE22") == "NOT_FOUND"
    assert await consented(guardian, code, version="1999") == "BAD_USER_INPUT"


async def test_either_withdraws_and_the_minor_may_ask_anew(family, asked, consented, ask, worker_sessions):
    minor, guardian = family
    stranger = await make.person(worker_sessions)
    consent = (await consented(guardian, await asked(minor)))["consentId"]

    async def withdrawn(by):
        answer = (await ask(WITHDRAW, make.citizen(by), id=consent))["withdrawGuardianConsent"]
        return answer["consent"] or answer["userErrors"][0]["code"]

    assert await withdrawn(stranger) == "NOT_FOUND"
    assert await withdrawn(guardian) == {"withdrawnAt": "2026-01-31T05:00:00Z"}
    assert await withdrawn(minor) == {"withdrawnAt": "2026-01-31T05:00:00Z"}
    code = await asked(minor)
    seen = (await ask(MINE, make.citizen(minor)))["viewer"]["user"]["guardianConsents"]
    assert [(each["isMine"], each["code"], each["withdrawnAt"] is None) for each in seen] in (
        [(True, code, True), (True, None, False)],
        [(True, None, False), (True, code, True)],
    )
    assert (await ask(MINE, make.citizen(stranger)))["viewer"]["user"]["guardianConsents"] == []


async def test_of_two_guardians_at_once_one_consents(family, asked, execute, worker_sessions):
    minor, guardian = family
    other = await make.person(worker_sessions, birth_year=1975)
    code = await asked(minor)

    results = await asyncio.gather(
        *[execute(CONSENT, make.citizen(each), code=code, version=TEXT_VERSION) for each in (guardian, other)]
    )

    codes = [[error["code"] for error in each.data["consentAsGuardian"]["userErrors"]] for each in results]
    assert sorted(codes) == [[], ["NOT_FOUND"]]


async def test_the_text_that_a_guardian_agrees_to_is_there_in_both_languages(ask):
    seen = (await ask("{ viewer { guardianText english: guardianText(language: EN) guardianTextVersion } }"))["viewer"]

    assert "ยินยอม" in seen["guardianText"]
    assert "I can withdraw this" in seen["english"]
    assert seen["guardianTextVersion"] == TEXT_VERSION


JOIN = """mutation($id: ID!, $key: String!) {
  joinChallenge(input: {challengeId: $id, idempotencyKey: $key}) { userErrors { code } } }"""


async def test_a_minor_joins_challenges_while_a_guardians_consent_is_in_force(
    family, asked, consented, ask, worker_sessions
):
    minor, guardian = family
    races = [make.gid("Challenge", (await make.challenge(worker_sessions)).id) for _ in range(2)]

    async def joined(race, key):
        answer = (await ask(JOIN, make.citizen(minor), id=race, key=key))["joinChallenge"]
        return [each["code"] for each in answer["userErrors"]]

    without = await joined(races[0], "1")
    consent = (await consented(guardian, await asked(minor)))["consentId"]
    with_consent = await joined(races[0], "2")
    await ask(WITHDRAW, make.citizen(guardian), id=consent)

    assert (without, with_consent) == (["GUARDIAN_NEEDED"], [])
    assert await joined(races[1], "3") == ["GUARDIAN_NEEDED"]
