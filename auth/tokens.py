"""Access tokens: ES256 `at+jwt` bearers (RFC 9068), signed and verified with one key.

The header is `{"alg": "ES256", "typ": "at+jwt", "kid": <thumbprint>}`; the claims are those of RFC 9068
and two of ours, `kind` and `partner`.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from auth.viewer import Viewer, ViewerKind
from domain.errors import BadInput, Unauthenticated

ALGORITHM = "ES256"
LONGEST_MINUTES = 60
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_LENGTH_LIMIT = 4096  # characters; ours take about 700
_CLOCK_SKEW_SECONDS = 60
_REMEMBERED = 10_000


class Tokens:
    """Mints and verifies the access tokens of one issuer for one audience.

    Verifying costs more than a whole read, so what was verified is remembered until it expires.
    `clock` gives Unix seconds.
    """

    def __init__(self, key: ECKey, *, issuer: str, audience: str, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._kid = key.thumbprint()
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Viewer]] = OrderedDict()

    def mint(self, viewer: Viewer, *, minutes: int = 5) -> str:
        """A signed token that speaks for `viewer` for `minutes`. Raises BadInput beyond 1 to 60 minutes."""
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise BadInput(f"A token lasts 1 to {LONGEST_MINUTES} minutes, not {minutes}.")
        if viewer.client_id is None:
            raise BadInput("A token is issued to a client; name it.")
        now = int(self._clock())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(viewer.user_id or viewer.client_id),
            "client_id": viewer.client_id,
            "scope": " ".join(sorted(viewer.scopes)),
            "iat": now,
            "exp": now + minutes * 60,
            "jti": uuid4().hex,
            "kind": viewer.kind.value,
        }
        if viewer.partner_name is not None:
            claims["partner"] = viewer.partner_name
        return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": self._kid}, claims, self._key, [ALGORITHM])

    def verified(self, token: str) -> Viewer:
        """Whom `token` speaks for. Raises Unauthenticated, without saying which check failed."""
        now = self._clock()
        if len(token) > _LENGTH_LIMIT or not token.isascii():
            raise _unusable()
        digest = hashlib.sha256(token.encode("ascii")).digest()
        known = self._known.get(digest)
        if known is not None:
            if now < known[0]:
                return known[1]
            del self._known[digest]
        try:
            decoded = jwt.decode(token, self._key, [ALGORITHM])
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise _unusable() from error
        if decoded.header.get("kid") != self._kid or str(decoded.header.get("typ")).lower() not in _TYPES:
            raise _unusable()
        expires_at, viewer = self._spoken_for(decoded.claims, now)
        self._known[digest] = (expires_at, viewer)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return viewer

    def _spoken_for(self, claims: dict[str, object], now: float) -> tuple[float, Viewer]:
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        issued_at, expires_at = claims.get("iat"), claims.get("exp")
        subject, client, scope = claims.get("sub"), claims.get("client_id"), claims.get("scope", "")
        partner = claims.get("partner")
        if (
            claims.get("iss") != self._issuer
            or self._audience not in audiences
            or not isinstance(issued_at, int)
            or not isinstance(expires_at, int)
            or not issued_at - _CLOCK_SKEW_SECONDS <= now < expires_at
            or not isinstance(subject, str)
            or not isinstance(client, str)
            or not isinstance(scope, str)
            or not isinstance(claims.get("jti"), str)
            or not isinstance(partner, str | None)
        ):
            raise _unusable()
        try:
            kind = ViewerKind(str(claims.get("kind")))
            user_id = None if subject == client else UUID(subject)
        except ValueError as error:
            raise _unusable() from error
        return expires_at, Viewer(kind, user_id, client, partner, frozenset(scope.split()))


def _unusable() -> Unauthenticated:
    return Unauthenticated("The access token is not valid here, or it has expired; get a new one.")


def generated_key(path: Path) -> ECKey:
    """A new P-256 key, kept at `path` as PEM that only its owner can read. Raises FileExistsError."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.as_pem(private=True))
    return key


def key_at(path: Path) -> ECKey:
    """The private key in the PEM file at `path`. Raises BadInput when it is none for ES256."""
    try:
        key = ECKey.import_key(path.read_bytes())
    except (OSError, JoseError, ValueError) as error:
        raise BadInput(f"{path} holds no readable PEM key: {type(error).__name__}.") from error
    if not key.is_private or key.curve_name != "P-256":
        raise BadInput(f"{path} must hold a private P-256 key, for ES256.")
    return key
