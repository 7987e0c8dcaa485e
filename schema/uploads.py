"""Uploaded files and how far they have come."""

from __future__ import annotations

from datetime import datetime

from domain import uploads as rows
from resolvers import partners, uploads
from schema.enums import described
from schema.partners import Partner, Quarantined
from schema.scalars import BigInt
from schema.words import Connection, Node, column, connection, one, shows

described(
    rows.UploadState,
    says="How far an uploaded file has come.",
    values={
        "receiving": "It is still arriving.",
        "waiting": "It is whole, and read when its turn comes: one file of a partner after the other.",
        "reading": "It is being read; what was counted is stored and stays, whatever happens.",
        "done": "All of it was read.",
        "failed": "It could not be read to its end; `problemCode` says why. What was counted stays.",
    },
)


@shows(rows.Upload, node=uploads.by_key, says="A file that a partner uploaded to `/partners/{name}/files`.")
class Upload(Node):
    """An upload."""

    partner: Partner | None = one(partners.named, says="The partner that sent it.")
    state: rows.UploadState = column(says="How far it has come.")
    file_name: str | None = column(says="Its name as sent, without folders; null when it had none.")
    person_ref: str | None = column(
        says="The partner's reference of the person whose file it is; null when the file names its people."
    )
    file_bytes: BigInt = column(says="Its size in bytes, packed as it was sent; 0 while it is arriving.")
    bytes_read: BigInt = column(says="How many bytes were read, unpacked.")
    bytes_total: BigInt = column(says="How many bytes there are to read; of a gzip file its packed size.")
    items: BigInt = column(says="How many items were taken in so far, the sum of the eight numbers by outcome.")
    created: BigInt = column(says="Items that became new records.")
    updated: BigInt = column(says="Items that replaced an older version.")
    unchanged: BigInt = column(says="Items that were known already.")
    merged: BigInt = column(says="Items that became new records of workouts that another record reports, too.")
    deleted: BigInt = column(says="Items that deleted a record.")
    pending: BigInt = column(says="Items that are still to be fetched from the partner.")
    skipped: BigInt = column(says="Items that are no workouts by their nature.")
    quarantined: BigInt = column(says="Items that could not be taken: see `errors`.")
    problem_code: str | None = column(says="A stable code of what ended it; null unless it failed.")
    problem_message: str | None = column(says="What to do about it; null unless it failed.")
    sent_at: datetime = column(says="When it began to arrive.")
    started_at: datetime | None = column(says="When it was first read; null while it waits.")
    ended_at: datetime | None = column(says="When it was done or failed; null before.")
    errors: Connection[Quarantined] = connection(
        uploads.errors_of,
        orders=("-id",),
        says="What of it could not be taken, with where and why, the latest first. The same failure of two uploads is "
        "one entry of both.",
    )
