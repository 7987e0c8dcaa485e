"""GraphQL over HTTP: negotiates, reads one request within its bounds, and answers with the right status.

Source: GraphQL over HTTP, working draft of 2025; both `application/graphql-response+json`, where a
request error is 400, and `application/json`, where it is 200.
"""

from __future__ import annotations

import gzip
from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.refusals import (
    JSON,
    BadRequest,
    CrossSite,
    MethodNotAllowed,
    NotAcceptable,
    TooLarge,
    UnsupportedMedia,
    rendered,
)
from auth.viewer import ANONYMOUS, Viewer
from domain.errors import Refused, Unauthenticated

GRAPHQL = "application/graphql-response+json"
DOCUMENT_LIMIT = 100_000  # bytes of query text
VARIABLES_LIMIT = 1_000_000  # bytes of everything else in the request
TOKEN_LIMIT = 2_000
WORTH_COMPRESSING = 1_000  # bytes
_LONG_TO_COMPRESS = 128_000  # bytes
_COMPRESSION_LEVEL = 1  # 5 takes a third longer for a tenth fewer bytes
_CONTENT_TYPES = {media: f"{media}; charset=utf-8".encode() for media in (JSON, GRAPHQL)}
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
        """Answer one request, refusals included. No object of the framework is made for a POST."""
        headers = _Headers(scope["headers"])
        method, media = scope["method"], JSON
        try:
            if method not in {"GET", "POST"}:
                raise MethodNotAllowed("Use GET or POST.", {"Allow": "GET, POST"})
            chosen = negotiated(headers.get(b"accept"))
            if chosen is None:
                raise NotAcceptable(f"Accept {GRAPHQL} or {JSON}.")
            media = chosen
            viewer = viewer_of(headers.authorization, self._verified)
            operation = await _posted(headers, receive) if method == "POST" else _got(Request(scope))
            execute: Execute = scope["state"]["execute"]
            answer = await execute(operation.query, operation.variables, operation.name, viewer)
        except Refused as refused:
            await rendered(refused, media)(scope, receive, send)
            return
        status = 400 if answer.request_error and media == GRAPHQL else 200
        await _sent(send, status, media, answer.body(), headers.get(b"accept-encoding"))


class At:
    """Middleware that hands the requests of one path to an endpoint, past routes and other middleware."""

    def __init__(self, app: ASGIApp, path: str, endpoint: ASGIApp) -> None:
        self._app = app
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        here = scope["type"] == "http" and scope["path"] == self._path
        await (self._endpoint if here else self._app)(scope, receive, send)


class _Headers(dict[bytes, str]):
    """The first value of each header by its lower-case name; every Authorization, since two are refused."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self.authorization: list[str] = []
        for name, value in raw:
            text = value.decode("latin-1")
            self.setdefault(name, text)
            if name == b"authorization":
                self.authorization.append(text)


async def _sent(send: Send, status: int, media: str, body: bytes, accept_encoding: str | None) -> None:
    headers = [
        (b"content-type", _CONTENT_TYPES[media]),
        (b"cache-control", b"private, no-store"),
        (b"vary", b"Accept, Authorization, Accept-Encoding"),
    ]
    if len(body) >= WORTH_COMPRESSING and accept_encoding and _takes_gzip(accept_encoding):
        # a thread only for what would keep other requests waiting; handing over costs more than a page does
        long = len(body) > _LONG_TO_COMPRESS
        body = await to_thread(_gzipped, body) if long else _gzipped(body)
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _takes_gzip(accept_encoding: str) -> bool:
    for each in accept_encoding.lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind == "gzip":
            return _weight(parameters) > 0
    return False


def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, _COMPRESSION_LEVEL, mtime=0)


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
    return JSON if accept is None or accept == "*/*" else _weighed(accept)


def _weighed(accept: str) -> str | None:
    best, best_weight = None, 0.0
    for each in (accept.strip() or "*/*").split(","):
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


async def _posted(headers: _Headers, receive: Receive) -> Operation:
    content_type = headers.get(b"content-type", "")
    if content_type != JSON and not _is_json(content_type):
        raise UnsupportedMedia(f"Send the request as {JSON} in UTF-8.", {"Accept": JSON})
    if headers.get(b"content-encoding", "identity").lower() != "identity":
        raise UnsupportedMedia("Send the request uncompressed.", {"Accept-Encoding": "identity"})
    body = await read_within(headers.get(b"content-length", ""), receive, DOCUMENT_LIMIT + VARIABLES_LIMIT)
    sent = _decoded(body, "The body")
    if isinstance(sent, list):
        raise BadRequest("Send one operation per request; batches are not taken.")
    if not isinstance(sent, dict):
        raise BadRequest('The body must be a JSON object such as {"query": "{ __typename }"}.')
    return _operation(sent)


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [each.removeprefix("charset=").strip('"') for each in parameters if each.startswith("charset=")]
    return kind == JSON and all(charset in {"utf-8", "utf8"} for charset in charsets)


def _got(request: Request) -> Operation:
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


async def read_within(announced: str, receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it is known to pass `limit` bytes, BadRequest if cut off."""
    refusal = "The body takes at most {} bytes."
    if announced.isascii() and announced.isdigit() and (len(announced) > 12 or int(announced) > limit):  # noqa: PLR2004 - int() of thousands of digits is refused by Python
        raise TooLarge(refusal.format(limit), {"Connection": "close"})
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BadRequest("The body ended early.")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(refusal.format(limit), {"Connection": "close"})
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if len(chunks) > 1 else chunks[0]
