"""Refusals of the HTTP layer, and the one JSON shape in which every refusal leaves the house."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from domain.errors import Refused

JSON = "application/json"
_REALM = 'Bearer realm="ccc"'


class HttpRefused(Refused):
    """A request refused for its form; `headers` go out with the answer."""

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class BadRequest(HttpRefused):
    """A body or an address that cannot be read as a request."""

    code = "BAD_REQUEST"
    status = 400


class CrossSite(HttpRefused):
    """A page of another site tried to make the browser ask."""

    code = "CROSS_SITE"
    status = 403


class MethodNotAllowed(HttpRefused):
    """Another method is needed; `Allow` names it."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class NotAcceptable(HttpRefused):
    """None of the media types that the client accepts is spoken here."""

    code = "NOT_ACCEPTABLE"
    status = 406


class TooSlow(HttpRefused):
    """A body that comes so slowly that waiting for it helps nobody."""

    code = "REQUEST_TIMEOUT"
    status = 408


class TooLarge(HttpRefused):
    """More bytes than are taken."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class UnsupportedMedia(HttpRefused):
    """The body is of a type, or in an encoding, that is not taken."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


class TooMany(HttpRefused):
    """As much is under way already as is taken at once; `Retry-After` says when to come back."""

    code = "RATE_LIMITED"
    status = 429


class NoRoom(HttpRefused):
    """Uploads cannot be kept at the moment; `Retry-After` says when to come back."""

    code = "NO_ROOM"
    status = 503


class NotReady(HttpRefused):
    """The service runs but cannot answer yet; the message says what it waits for."""

    code = "NOT_READY"
    status = 503


def error_of(refused: Refused) -> dict[str, object]:
    """`refused` as one of `errors`: `{message, path?, extensions: {code}}`."""
    error: dict[str, object] = {"message": refused.message, "extensions": {"code": refused.code}}
    if refused.path:
        error["path"] = list(refused.path)
    return error


def rendered(refused: Refused, media: str = JSON) -> Response:
    """`refused` as an answer: its status, and `{"errors": [{message, path?, extensions: {code}}]}`."""
    headers = dict(refused.headers) if isinstance(refused, HttpRefused) else {}
    if refused.status == 401:  # noqa: PLR2004 - RFC 9110: a 401 names the scheme
        headers["WWW-Authenticate"] = f'{_REALM}, error="invalid_token"'
    return Response(
        orjson.dumps({"errors": [error_of(refused)]}), refused.status, headers, media_type=f"{media}; charset=utf-8"
    )


async def on_refused(request: Request, refused: Exception) -> Response:
    """The answer to a Refused that left a route; in the media type negotiated before, else JSON."""
    assert isinstance(refused, Refused)  # noqa: S101 - registered for this class only
    return rendered(refused, getattr(request.state, "media", JSON))


async def on_http_exception(_request: Request, error: Exception) -> Response:
    """The framework's own refusals (no such route, wrong method) in our shape."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    codes = {404: "NOT_FOUND", 405: MethodNotAllowed.code, 413: TooLarge.code}
    refused = HttpRefused(error.detail, error.headers)
    refused.status, refused.code = error.status_code, codes.get(error.status_code, BadRequest.code)
    return rendered(refused)
