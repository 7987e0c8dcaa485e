"""GraphQL over HTTP: negotiates, reads one request within its bounds, and answers with the right status.

Source: GraphQL over HTTP, working draft of 2025; both `application/graphql-response+json`, where a
request error is 400, and `application/json`, where it is 200.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.refusals import (
    JSON,
    BadRequest,
    CrossSite,
    MethodNotAllowed,
    NotAcceptable,
    TooLarge,
    UnsupportedMedia,
)
from auth.viewer import ANONYMOUS, Viewer
from domain.errors import Unauthenticated

GRAPHQL = "application/graphql-response+json"
DOCUMENT_LIMIT = 100_000  # bytes of query text
VARIABLES_LIMIT = 1_000_000  # bytes of everything else in the request
TOKEN_LIMIT = 2_000
_STANDS_FOR = {"*/*": JSON, "application/*": JSON, JSON: JSON, GRAPHQL: GRAPHQL}


class Answer(Protocol):
    """What the engine gives back for one operation."""

    request_error: bool

    def body(self) -> bytes:
        """The JSON of the whole answer."""
        ...


class Execute(Protocol):
    """Runs one operation for a viewer."""

    def __call__(
        self, query: str, variables: dict[str, Any] | None, operation_name: str | None, viewer: Viewer
    ) -> Awaitable[Answer]:
        """The answer, errors included; it raises for bugs only."""
        ...


@dataclass(frozen=True)
class Operation:
    """One GraphQL request as it was sent."""

    query: str
    variables: dict[str, Any] | None
    name: str | None


class GraphQLEndpoint:
    """The ASGI application behind `/graphql`; the state of the application holds its `execute`."""

    def __init__(self, verified: Callable[[str], Viewer]) -> None:
        self._verified = verified

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Refusals leave as exceptions and are rendered by the application."""
        request = Request(scope, receive)
        request.state.media = JSON
        if request.method not in {"GET", "POST"}:
            raise MethodNotAllowed("Use GET or POST.", {"Allow": "GET, POST"})
        media = negotiated(request.headers.get("accept"))
        if media is None:
            raise NotAcceptable(f"Accept {GRAPHQL} or {JSON}.")
        request.state.media = media
        viewer = viewer_of(request.headers.getlist("authorization"), self._verified)
        operation = await (_posted(request) if request.method == "POST" else _got(request))
        execute: Execute = request.state.execute
        answer = await execute(operation.query, operation.variables, operation.name, viewer)
        status = 400 if answer.request_error and media == GRAPHQL else 200
        headers = {"Cache-Control": "private, no-store", "Vary": "Accept, Authorization"}
        await Response(answer.body(), status, headers, media_type=f"{media}; charset=utf-8")(scope, receive, send)


def viewer_of(authorization: list[str], verified: Callable[[str], Viewer]) -> Viewer:
    """Whom the Authorization headers speak for; nobody when there is none.

    Raises Unauthenticated for a token that does not count, several headers or another scheme.
    """
    if not authorization:
        return ANONYMOUS
    scheme, _, token = authorization[0].partition(" ")
    if len(authorization) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send one header `Authorization: Bearer <access token>`.")
    return verified(token.strip())


def negotiated(accept: str | None) -> str | None:
    """The media type to answer in, by the client's weights; None when it takes neither of ours."""
    best, best_weight = None, 0.0
    for each in (accept or "*/*").split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        media = _STANDS_FOR.get(kind)
        weight = _weight(parameters)
        if media and weight > best_weight:
            best, best_weight = media, weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            digits = parameter[2:]
            return float(digits) if digits.replace(".", "", 1).isascii() and digits.replace(".", "", 1).isdigit() else 0
    return 1.0


async def _posted(request: Request) -> Operation:
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = [each.removeprefix("charset=").strip('"') for each in parameters if each.startswith("charset=")]
    if kind != JSON or any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise UnsupportedMedia(f"Send the request as {JSON} in UTF-8.", {"Accept": JSON})
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the request uncompressed.", {"Accept-Encoding": "identity"})
    sent = _decoded(await body_within(request, DOCUMENT_LIMIT + VARIABLES_LIMIT), "The body")
    if isinstance(sent, list):
        raise BadRequest("Send one operation per request; batches are not taken.")
    if not isinstance(sent, dict):
        raise BadRequest('The body must be a JSON object such as {"query": "{ __typename }"}.')
    return _operation(sent)


async def _got(request: Request) -> Operation:
    # Browsers say so when the page that asks is of another site; other clients do not send the header.
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSite("Pages of other sites may not ask by GET; use POST with a token.")
    sent: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if name in sent:
            sent[name] = _decoded(str(sent[name]).encode("utf-8", "surrogatepass"), f"`{name}`")
    operation = _operation(sent)
    if not _is_query(operation):
        raise MethodNotAllowed("GET is for queries; send a mutation by POST.", {"Allow": "POST"})
    return operation


def _decoded(text: bytes, what: str) -> object:
    try:
        document: object = orjson.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not JSON in UTF-8 that can be read.") from error
    return document


def _operation(sent: Mapping[str, object]) -> Operation:
    query, variables, name = sent.get("query"), sent.get("variables"), sent.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest("`query` must be the text of a GraphQL document.")
    try:
        size = len(query.encode())
    except UnicodeEncodeError as error:
        raise BadRequest("`query` is not valid Unicode.") from error
    if size > DOCUMENT_LIMIT:
        raise TooLarge(f"A document takes at most {DOCUMENT_LIMIT} bytes; this one has {size}.")
    if not isinstance(variables, dict | None):
        raise BadRequest("`variables` must be a JSON object.")
    if not isinstance(name, str | None):
        raise BadRequest("`operationName` must be a string.")
    if not isinstance(sent.get("extensions"), dict | None):
        raise BadRequest("`extensions` must be a JSON object.")
    return Operation(query, variables, name or None)


def _is_query(operation: Operation) -> bool:
    """False only when the chosen operation is known to be another kind; the engine reports what is broken."""
    try:
        document = parse(operation.query, no_location=True, max_tokens=TOKEN_LIMIT)
    except (GraphQLError, RecursionError):
        return True
    chosen = [
        each.operation
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (operation.name is None or (each.name is not None and each.name.value == operation.name))
    ]
    return all(kind is OperationType.QUERY for kind in chosen)


async def body_within(request: Request, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known to pass `limit` bytes, BadRequest if cut off."""
    refusal = TooLarge(f"The body takes at most {limit} bytes.", {"Connection": "close"})
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 12 or int(announced) > limit):  # noqa: PLR2004 - int() of thousands of digits is refused by Python
        raise refusal
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise refusal
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise BadRequest("The body ended early.") from error
    return b"".join(chunks)
