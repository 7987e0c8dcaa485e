"""Partners as everybody sees them, and their quarantine as they alone do."""

from __future__ import annotations

from datetime import date, datetime

from domain import partners as rows
from domain import records, unmapped
from domain.connections import Connection as Link
from domain.connections import ConnectionStatus
from resolvers import budgets, mappings, partners
from schema.budgets import CreditBudget
from schema.enums import described
from schema.mappings import PartnerMapping
from schema.words import Connection, Node, Payload, column, connection, holds, many, one, shows, text, value

described(
    rows.PartnerKind,
    says="What sort of organisation a partner is.",
    values={
        "vendor": "A maker of devices or apps.",
        "agency": "A government agency.",
        "local_government": "A province, municipality or city.",
        "school": "A school or university.",
        "event": "An organiser of events, whose results count.",
        "sponsor": "A sponsor of challenges.",
        "files": "No organisation: files that people bring themselves.",
    },
)
described(
    rows.AgreementState,
    says="The life of a partner's agreement; records are taken while it is signed.",
    values={
        "draft": "Being negotiated.",
        "signed": "In force.",
        "suspended": "In force, and paused.",
        "expired": "Over.",
    },
)
described(
    ConnectionStatus,
    name="PartnerLinkStatus",
    says="Whether records may come in over a link.",
    values={"active": "They may.", "revoked": "The person ended it."},
)


@shows(records.Quarantined, says="Something a partner sent that could not be taken, with where and why.")
class Quarantined:
    """An entry of the quarantine."""

    code: str = column(says="A stable code, such as `UNKNOWN_PERSON`.")
    path: list[str] = column(says="Where in the payload; positions count from 0, spreadsheet rows as a person counts.")
    message: str = column(says="What to do about it.")
    person_ref: str | None = column(says="The partner's own reference of the person; null when the payload gave none.")
    received_at: datetime = column(says="When it came in.")
    replayed_at: datetime | None = column(says="When it was taken up again; null while it waits.")


@holds(says="The answer of `replayQuarantined`.")
class ReplayQuarantinedPayload(Payload):
    """What trying again gives."""

    replayed: int | None = value(says="How many entries were taken in and are done with.")
    still_waiting: int | None = value(says="How many were tried and still cannot be taken.")
    last_received_at: datetime | None = value(says="When the last entry tried came in; null when there was none.")
    idempotency_key: str | None = value(says="The key of this attempt, as sent.")


@shows(rows.Partner, node=partners.by_id, key="name", says="An organisation of the network.")
class Partner(Node):
    """A partner."""

    name: str = column(says="Its short name, such as `garmin`; never changes.")
    title: str = text(th="title_th", en="title_en", says="Its name.")
    kind: rows.PartnerKind = column(says="What sort of organisation it is.")
    agreement: rows.AgreementState = column(says="The state of its agreement.")
    agreed_on: date | None = column(says="The day the agreement was signed.")
    owner_only: bool = column(says="Whether its terms let figures be shown only to the person they belong to.")
    adapter: str | None = column(says="The format it sends; null when it sends nothing.")
    credit_budgets: list[CreditBudget] = many(
        budgets.of_partner,
        expects=6,
        says="What it may give, by fiscal year and kind, the latest first; empty for all but itself and "
        "administrators.",
    )
    mappings: Connection[PartnerMapping] = connection(
        mappings.of_partner,
        orders=("-version",),
        says="How its own files are read, by version, the latest first; empty for all but itself and administrators.",
    )
    quarantine: Connection[Quarantined] = connection(
        partners.quarantine_of,
        orders=("-id",),
        says="What it sent and could not be taken, the latest first; empty for all but itself and administrators.",
    )


@shows(
    unmapped.UnmappedSport, says="A word for a sport that the partner's format does not know, and how often it came."
)
class UnmappedSport:
    """A word without a sport."""

    word: str = column(
        says=f"The partner's own word, cut at {unmapped.LONGEST_WORD} characters; its `OTHER` records keep all of it."
    )
    partner: Partner | None = one(partners.named, says="The partner that sent it.")
    records: int = column(
        says="How many records came with it, each counted when it first came; those later changed or deleted count on."
    )
    first_seen_at: datetime = column(says="When the first of them came in.")
    last_seen_at: datetime = column(says="When the latest of them came in.")


@shows(Link, says="One person's link to one partner.")
class PartnerLink:
    """A link."""

    partner: Partner | None = one(partners.named, says="The partner.")
    status: ConnectionStatus = column(says="Whether records may come in.")
    scopes: list[str] = column(says="What the person granted the partner, such as `activity:read`.")
    person_ref: str | None = column(says="The partner's own reference of the person.")
    connected_at: datetime = column(says="When it was made.")
    last_record_at: datetime | None = column(says="When the latest record came in; null before the first.")
    token_expires_at: datetime | None = column(says="When the partner's token ends; null when there is none.")
    revoked_at: datetime | None = column(says="When the person ended it; null while it lasts.")
