"""Files that partners upload: received, waiting, read by a job, done; with how far each has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from domain import quarantine
from domain.base import Row, driver_of, run, utc_now, uuid7
from domain.enqueuing import enqueue
from domain.errors import Conflict, Refused
from domain.exchange import asked
from domain.ingest import Outcome, Result
from domain.jobs import Queue

JOB = "upload"
LONGEST_RECEIVING = timedelta(hours=2)
"""A file that has been arriving for longer is not arriving any more."""


class UploadState(StrEnum):
    """The life of an uploaded file."""

    RECEIVING = "receiving"
    WAITING = "waiting"
    READING = "reading"
    DONE = "done"
    FAILED = "failed"


class Upload(Row, table=True):
    """One file of one partner. The file itself is a spool file named by `id`, gone once this is done or failed.

    `person_ref` is the partner's name for the person whose file it is, for items that name nobody. `items` were taken
    in so far, in the order of the file, the eight numbers after it by outcome. `bytes_read` of `bytes_total` were
    read, unpacked. The problem is what ended it, if it failed.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        Index("ix_uploads_partner_name_id", "partner_name", "id"),
        Index("ix_uploads_under_way", "partner_name", postgresql_where=text("ended_at IS NULL")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    partner_name: str = Field(sa_type=Text)
    client_id: str | None = Field(default=None, sa_type=Text)
    person_ref: str | None = Field(default=None, sa_type=Text)
    file_name: str | None = Field(default=None, sa_type=Text)
    state: str = Field(default=UploadState.RECEIVING.value, sa_type=Text)
    job_id: int | None = Field(default=None, sa_type=BigInteger)
    file_bytes: int = Field(default=0, sa_type=BigInteger)
    bytes_read: int = Field(default=0, sa_type=BigInteger)
    bytes_total: int = Field(default=0, sa_type=BigInteger)
    items: int = Field(default=0, sa_type=BigInteger)
    created: int = Field(default=0, sa_type=BigInteger)
    updated: int = Field(default=0, sa_type=BigInteger)
    unchanged: int = Field(default=0, sa_type=BigInteger)
    merged: int = Field(default=0, sa_type=BigInteger)
    deleted: int = Field(default=0, sa_type=BigInteger)
    pending: int = Field(default=0, sa_type=BigInteger)
    skipped: int = Field(default=0, sa_type=BigInteger)
    quarantined: int = Field(default=0, sa_type=BigInteger)
    problem_code: str | None = Field(default=None, sa_type=Text)
    problem_message: str | None = Field(default=None, sa_type=Text)
    sent_at: datetime = Field(default_factory=utc_now)
    started_at: datetime | None = None
    ended_at: datetime | None = None


class UploadError(Row, table=True):
    """An entry of the quarantine that an upload led to; sent again, the same failure is an entry of both."""

    __tablename__ = "upload_errors"

    upload_id: UUID = Field(primary_key=True)
    quarantine_id: UUID = Field(primary_key=True)


# Whoever comes at the same time waits here, and then counts the one before.
_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('uploads of ' || :partner, 0))")
_BEGIN = text("""
    INSERT INTO uploads (id, partner_name, client_id, state, sent_at, file_bytes, bytes_read, bytes_total, items,
                         created, updated, unchanged, merged, deleted, pending, skipped, quarantined)
    SELECT :id, CAST(:partner AS text), CAST(:client AS text), 'receiving', CAST(:now AS timestamptz),
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    WHERE :most > (SELECT count(*) FROM uploads WHERE partner_name = :partner AND ended_at IS NULL
                   AND (state <> 'receiving' OR sent_at > :stale))
    RETURNING id
""")
_DROP = text("DELETE FROM uploads WHERE id = :id AND state = 'receiving'")
_QUEUED = text("""
    UPDATE uploads SET state = 'waiting', job_id = :job, person_ref = :person, file_name = :name, file_bytes = :size,
                       bytes_total = :total
    WHERE id = :id AND state = 'receiving' RETURNING id
""")
_START = text("""
    UPDATE uploads SET state = 'reading', started_at = coalesce(started_at, :now)
    WHERE id = :id AND state IN ('waiting', 'reading')
    RETURNING partner_name, person_ref, items
""")
_NOTE = """
    UPDATE uploads SET items = items + $3::bigint, bytes_read = greatest(bytes_read, $4::bigint),
        created = created + $5::bigint, updated = updated + $6::bigint, unchanged = unchanged + $7::bigint,
        merged = merged + $8::bigint, deleted = deleted + $9::bigint, pending = pending + $10::bigint,
        skipped = skipped + $11::bigint, quarantined = quarantined + $12::bigint
    WHERE id = $1::uuid AND state = 'reading' AND items = $2::bigint RETURNING 1
"""
_ERRORS = """
    INSERT INTO upload_errors (upload_id, quarantine_id)
    SELECT $1::uuid, id FROM quarantine WHERE partner_name = $2::text AND fingerprint = ANY($3::bytea[])
    ON CONFLICT DO NOTHING
"""
_END = text("""
    UPDATE uploads SET state = :state, ended_at = :now, problem_code = :code, problem_message = :message,
                       bytes_read = CASE WHEN :state = 'done' THEN bytes_total ELSE bytes_read END
    WHERE id = :id AND ended_at IS NULL
""")
_LOST = text("""
    UPDATE uploads u SET state = 'failed', ended_at = :now, problem_code = 'INTERNAL_SERVER_ERROR',
        problem_message = 'It did not arrive whole or could not be read, through no fault of the file; send it again.'
    WHERE u.ended_at IS NULL AND CASE WHEN u.state = 'receiving' THEN u.sent_at < :stale ELSE NOT EXISTS (
        SELECT FROM jobs.procrastinate_jobs j WHERE j.id = u.job_id AND j.status IN ('todo', 'doing')
    ) END
    RETURNING u.id
""")


class Overtaken(Exception):
    """Somebody else reads the same upload by now, or it was given up."""


async def begun(
    session: AsyncSession, partner_name: str, client_id: str | None, most: int, now: datetime
) -> UUID | None:
    """The id of an upload that may arrive; None when `most` of the partner's are under way."""
    await run(session, _IN_TURN, {"partner": partner_name})
    given = {"id": uuid7(now), "partner": partner_name, "client": client_id, "most": most}
    found = await run(session, _BEGIN, {**given, "now": now, "stale": now - LONGEST_RECEIVING})
    upload: UUID | None = found.scalar_one_or_none()
    return upload


async def dropped(session: AsyncSession, upload: UUID) -> None:
    """Forget an upload that was refused before it was accepted."""
    await run(session, _DROP, {"id": upload})


async def accepted(
    session: AsyncSession,
    upload: UUID,
    partner_name: str,
    *,
    person_ref: str | None,
    file_name: str | None,
    size: int,
    total: int,
) -> None:
    """The file is whole: its job is queued, behind those of the partner's other files.

    Raises Conflict for an upload that took so long that it was given up.
    """
    job = await enqueue(session, JOB, Queue.UPLOADS, lock=f"{JOB} of {partner_name}", upload=str(upload))
    given = {"id": upload, "job": job, "person": person_ref, "name": file_name, "size": size, "total": total}
    if not (await run(session, _QUEUED, given)).all():
        raise Conflict("The upload took too long and was given up; send it again.")


async def started(session: AsyncSession, upload: UUID, now: datetime) -> tuple[str, str | None, int] | None:
    """Partner, person and items taken in so far of an upload that is to be read on; None when it is over."""
    found = (await run(session, _START, {"id": upload, "now": now})).one_or_none()
    return None if found is None else (found.partner_name, found.person_ref, found.items)


async def noted(
    session: AsyncSession, upload: UUID, partner_name: str, results: Sequence[Result], *, before: int, bytes_read: int
) -> None:
    """Count what became of the items after the first `before`, in the transaction that stored them.

    Raises Overtaken; nothing is stored then.
    """
    counted = Counter(each.outcome for each in results)
    connection = await driver_of(session)
    numbers = [counted[outcome] for outcome in Outcome]
    (moved,) = await asked(connection, (_NOTE, [upload, before, len(results), bytes_read, *numbers]))
    if not moved:
        raise Overtaken
    prints = [quarantine.fingerprint_of(each.problem) for each in results if each.problem]
    if prints:
        await asked(connection, (_ERRORS, [upload, partner_name, prints]))


async def ended(session: AsyncSession, upload: UUID, now: datetime, refused: Refused | None = None) -> None:
    """The upload is over: done, or failed for that reason."""
    state = UploadState.FAILED if refused else UploadState.DONE
    given = {"code": refused.code if refused else None, "message": refused.message[:2000] if refused else None}
    await run(session, _END, {"id": upload, "state": state.value, "now": now, **given})


async def lost(session: AsyncSession, now: datetime) -> list[UUID]:
    """Uploads given up since nobody works at them: their job died, or the file never arrived whole."""
    found = await run(session, _LOST, {"now": now, "stale": now - LONGEST_RECEIVING})
    return list(found.scalars())


async def under_way(session: AsyncSession, uploads: Iterable[UUID]) -> set[UUID]:
    """Which of these are not over."""
    named = col(Upload.id).in_(list(uploads))
    return set((await session.exec(select(Upload.id).where(named, col(Upload.ended_at).is_(None)))).all())
