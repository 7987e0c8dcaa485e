import base64
import hmac
import json
import stat
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from auth import tokens
from auth.tokens import Tokens
from auth.viewer import USUAL_SCOPES, Viewer, ViewerKind
from domain.errors import BadInput, Unauthenticated

SOMCHAI = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CITIZEN = Viewer(ViewerKind.CITIZEN, SOMCHAI, "ccc-web", None, frozenset({"activity:read", "credit:read"}))
PARTNER = Viewer(ViewerKind.PARTNER, None, "strava-client", "strava", frozenset({"activity:write"}))
KEY = ECKey.generate_key("P-256")
ISSUER, AUDIENCE = "http://127.0.0.1:8000", "http://127.0.0.1:8000/graphql"


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Clock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def tokens_of(key: ECKey = KEY, *, clock: Clock | None = None, **changes: str) -> Tokens:
    return Tokens(key, **{"issuer": ISSUER, "audience": AUDIENCE, **changes}, clock=clock or Clock())


def signed(key=KEY, *, header=None, algorithm="ES256", **changes: object) -> str:
    """A token with every claim right, except what the test changes; None leaves a claim out."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(SOMCHAI),
        "client_id": "ccc-web",
        "scope": "activity:read",
        "iat": 1_800_000_000,
        "exp": 1_800_000_300,
        "jti": "one",
        "kind": "citizen",
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": algorithm, "typ": "at+jwt", "kid": KEY.thumbprint()} | (header or {})
    return jwt.encode(head, claims, key, [algorithm])


@pytest.mark.parametrize("viewer", [CITIZEN, PARTNER])
def test_a_minted_token_speaks_for_the_same_viewer(viewer):
    assert tokens_of().verified(tokens_of().mint(viewer)) == viewer


def test_a_minted_token_has_the_header_and_claims_of_rfc_9068():
    decoded = jwt.decode(tokens_of().mint(CITIZEN, minutes=3), KEY, ["ES256"])

    assert decoded.header == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.thumbprint()}
    assert decoded.claims["exp"] - decoded.claims["iat"] == 180
    assert {"iss", "aud", "sub", "client_id", "scope", "jti"} <= set(decoded.claims)
    assert decoded.claims["scope"] == "activity:read credit:read"


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_a_token_lasts_at_most_an_hour(minutes):
    with pytest.raises(BadInput, match="1 to 60 minutes"):
        tokens_of().mint(CITIZEN, minutes=minutes)


def test_a_token_without_a_client_is_not_minted():
    with pytest.raises(BadInput, match="client"):
        tokens_of().mint(Viewer(ViewerKind.CITIZEN, SOMCHAI))


def test_a_remembered_token_still_expires():
    clock = Clock()
    ours = tokens_of(clock=clock)
    token = ours.mint(CITIZEN, minutes=1)
    ours.verified(token)
    clock.now += 59
    ours.verified(token)

    clock.now += 1

    with pytest.raises(Unauthenticated):
        ours.verified(token)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://elsewhere"},
        {"aud": "http://elsewhere"},
        {"aud": None},
        {"exp": 1_799_999_999},
        {"exp": None},
        {"exp": "1900000000"},
        {"iat": 1_800_000_100},
        {"iat": None},
        {"sub": None},
        {"sub": "not a uuid"},
        {"client_id": None},
        {"jti": None},
        {"kind": "emperor"},
        {"kind": None},
        {"scope": ["activity:read"]},
        {"partner": 7},
    ],
)
def test_a_token_with_one_wrong_claim_is_refused(change):
    tokens_of().verified(signed())

    with pytest.raises(Unauthenticated):
        tokens_of().verified(signed(**change))


@pytest.mark.parametrize("header", [{"typ": "JWT"}, {"kid": "another"}])
def test_a_token_with_a_wrong_header_is_refused(header):
    with pytest.raises(Unauthenticated):
        tokens_of().verified(signed(header=header))


def test_a_token_of_another_key_is_refused():
    other = ECKey.generate_key("P-256")

    with pytest.raises(Unauthenticated):
        tokens_of().verified(signed(other))


def test_the_public_key_used_as_a_shared_secret_is_refused():
    _, claims, _ = signed().split(".")
    head = base64url(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": KEY.thumbprint()}).encode())
    signature = hmac.digest(KEY.as_pem(private=False), f"{head}.{claims}".encode(), "sha256")
    forged = f"{head}.{claims}.{base64url(signature)}"

    with pytest.raises(Unauthenticated):
        tokens_of().verified(forged)


def test_an_unsigned_token_is_refused():
    head, claims, _ = signed().split(".")

    with pytest.raises(Unauthenticated):
        tokens_of().verified(f"{head}.{claims}.")


@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
)
def test_no_string_does_anything_but_be_refused(token):
    with pytest.raises(Unauthenticated):
        tokens_of().verified(token)


def test_a_very_long_token_is_refused_unread():
    with pytest.raises(Unauthenticated):
        tokens_of().verified("a" * 1_000_000)


def test_a_generated_key_is_private_to_its_owner_and_reads_back(tmp_path):
    key = tokens.generated_key(tmp_path / "key.pem")

    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert tokens.key_at(tmp_path / "key.pem").thumbprint() == key.thumbprint()
    with pytest.raises(FileExistsError):
        tokens.generated_key(tmp_path / "key.pem")


def test_a_key_for_another_algorithm_is_refused(tmp_path):
    (tmp_path / "other.pem").write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
    (tmp_path / "public.pem").write_bytes(KEY.as_pem(private=False))
    (tmp_path / "nothing.pem").write_text("no key")

    for name in ("other.pem", "public.pem", "nothing.pem", "missing.pem"):
        with pytest.raises(BadInput):
            tokens.key_at(tmp_path / name)


def test_every_kind_of_viewer_has_its_usual_scopes():
    assert set(USUAL_SCOPES) == set(ViewerKind)
