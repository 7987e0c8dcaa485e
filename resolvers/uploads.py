"""Uploaded files, for the partner that sent them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy import Select, select
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.records import Quarantined
from domain.scopes import Scope
from domain.uploads import Upload, UploadError
from engine.declare import Ref
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.partners import quarantine_seen_by

UploadId = Annotated[
    strawberry.ID, Ref("Upload"), strawberry.argument(description="The id that the upload was answered with.")
]


def seen_by(viewer: Seer) -> Select[Upload]:
    """What the viewer's own organisation uploaded."""
    every = select(Upload)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.PARTNER and Scope.ACTIVITY_WRITE in viewer.scopes:
        return every.where(col(Upload.partner_name) == viewer.partner_name)
    return nothing_of(every)


def by_key(viewer: Seer, key: Parent) -> Select[Upload]:
    """The upload behind a global id."""
    return seen_by(viewer).where(col(Upload.id) == key.id)


def by_id(viewer: Seer, _root: Parent, *, id: UploadId) -> Select[Upload]:  # noqa: A002 - the contract's word
    """One upload."""
    return seen_by(viewer).where(col(Upload.id) == id)


def errors_of(viewer: Seer, upload: Parent) -> Select[Quarantined]:
    """What of an upload could not be taken."""
    return (
        quarantine_seen_by(viewer)
        .join(UploadError, col(UploadError.quarantine_id) == col(Quarantined.id))
        .where(col(UploadError.upload_id) == upload.id, col(Quarantined.partner_name) == upload.partner_name)
    )
