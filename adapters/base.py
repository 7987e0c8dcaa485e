"""What every adapter file is made of: the card, the paging generator and safe reading of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import httpx2

from domain.drafts import Draft, Item, refusal
from domain.errors import BadPayload
from domain.scopes import Scope
from domain.sports import Sport

Pages = Generator[httpx2.Request, httpx2.Response, None]

INDEX = "ccc_index"
"""Key in a page request's `extensions`: its response only tells what to request next; do not normalise it."""


class Reads(StrEnum):
    """What `normalise` is given."""

    JSON = "json"  # the decoded document
    FILE = "file"  # the bytes as they came


APPLICATION_KEY_HEADER = "ccc_application_key_header"
"""Key in a page request's `extensions`: the header that wants our application's own key, which no token holds."""

PERSON_PARAMETER = "ccc_person_parameter"
"""Key in a page request's `extensions`: the query parameter that wants the partner's reference of the person."""


def completed(
    request: httpx2.Request, *, application_key: str | None = None, person_ref: str | None = None
) -> httpx2.Request:
    """The page request with what only its driver knows filled in; as it was where it asks for nothing.

    Raises ValueError when it asks for what is not given.
    """
    header, parameter = (request.extensions.get(key) for key in (APPLICATION_KEY_HEADER, PERSON_PARAMETER))
    if header:
        if not application_key:
            raise ValueError(f"{request.url.host} wants our application's key in {header}")
        request.headers[header] = application_key
    if parameter:
        if not person_ref:
            raise ValueError(f"{request.url.host} wants the person's reference in {parameter}")
        request.url = request.url.copy_merge_params({parameter: person_ref})
    return request


@dataclass(frozen=True)
class Shaken:
    """How the door answers a vendor that tries our address: a status, and the JSON that goes with it."""

    status: int
    document: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """The card of one partner format: its name, what it may write and how it is read.

    `normalise(payload)` is pure and yields items in payload order; it raises BadPayload when nothing
    of the payload can be read. `verify(headers, body, secret)` tells whether the partner sent it.
    """

    name: str
    title: str
    normalise: Callable[[object], Iterable[Item]]
    reads: Reads
    accepts: tuple[str, ...]
    """Media types and file endings taken at the door."""
    vocabulary: Callable[[], Iterable[tuple[object, Sport]]] | None = None
    """The words and numbers for sports that it knows, each with our sport; None: the format names no sport."""
    partner_scopes: tuple[str, ...] = ()
    """Scopes we ask of the partner."""
    writes: tuple[Scope, ...] = (Scope.ACTIVITY_WRITE,)
    """Our scopes its records need."""
    orders_updates_by: str = "arrival"
    """What orders two updates of one record: a payload field, or arrival."""
    owner_only: bool = False
    """The partner's terms: figures may be shown only to the person they belong to."""
    also_called: tuple[str, ...] = ()
    streams: bool = False
    """`normalise` also takes an iterable of bytes and gives items as they are read: a file may be of any length."""
    lines: Callable[[Sequence[bytes], int], Iterable[Item]] | None = None
    """What lines say of which the first has that number, from 1; of a format that is taken as it arrives."""
    packs: Callable[[str], bool] | None = None
    """Whether a file of that name in an archive is read; None: any whose ending is accepted."""
    own_authorization: bool = False
    """Its deliveries carry an Authorization header that we chose, as well as what `verify` looks at."""
    handshake: Callable[[Mapping[str, str], str], Shaken | None] | None = None
    """The answer to a GET with these parameters by which the vendor tries our address; None when it is not theirs."""
    acknowledged: int = 200
    """The status that the vendor wants for a delivery it signed."""
    verify: Callable[[Mapping[str, str], bytes, str], bool] | None = None
    pages: Callable[[str, datetime], Pages] | None = field(default=None)


def decoded_json(partner: str, body: bytes) -> object:
    """The document in `body`, UTF-8 with or without BOM.

    Raises BadPayload for anything json cannot read, including NaN, nesting too deep and numbers too long.
    """

    def no_constant(word: str) -> object:
        raise ValueError(f"{word} is not a JSON number")

    try:
        document: object = json.loads(body.decode("utf-8-sig"), parse_constant=no_constant)
    except UnicodeDecodeError as error:
        raise BadPayload(partner, (), f"the body is not UTF-8 (byte {error.start}); send JSON in UTF-8") from error
    except json.JSONDecodeError as error:
        raise BadPayload(partner, (), f"the body is not JSON (line {error.lineno}, column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise BadPayload(
            partner, (), "the body is not usable JSON: a number or its nesting is out of bounds"
        ) from error
    return document


def raw_json(part: object) -> bytes:
    """The canonical bytes of a decoded part: sorted keys, UTF-8, so that equal parts have equal hashes."""
    return json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def items(adapter: Adapter, body: bytes | Iterable[bytes]) -> Iterable[Item]:
    """All that `body` says, in order; drafts that no record can hold come out as problems.

    Only a format that streams takes an iterable of bytes. Raises BadPayload when nothing of it can be read, of an
    iterable possibly after some items.
    """
    payload = decoded_json(adapter.name, body) if isinstance(body, bytes) and adapter.reads is Reads.JSON else body
    return map(holdable, adapter.normalise(payload))


def holdable(item: Item) -> Item:
    """The item, or the problem with a draft that no record can hold."""
    if isinstance(item, Draft) and (problem := refusal(item)) is not None:
        return replace(problem, path=(item.partner_ref[:80], *problem.path))
    return item
