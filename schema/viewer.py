"""Whoever asks."""

from __future__ import annotations

from auth.viewer import ViewerKind
from resolvers import partners, users, viewer
from schema.enums import described
from schema.partners import Partner
from schema.users import User
from schema.words import column, one, shows, text

described(
    ViewerKind,
    says="In whose name a request comes.",
    values={
        "anonymous": "Nobody's: no token was sent.",
        "citizen": "A person's, by our own apps.",
        "partner": "A partner's.",
        "ministry": "The ministry's: statistics only.",
        "sponsor": "A sponsor's.",
        "admin": "An administrator's.",
    },
)


@shows(viewer.Asking, says="Whoever asks, as the access token says.")
class Viewer:
    """The viewer."""

    kind: ViewerKind = column(says="In whose name the request comes.")
    client_id: str | None = column(says="The OAuth client; null without a token.")
    scopes: list[str] = column(says="What the token may do, such as `activity:read`.")
    guardian_text: str = text(
        th="guardian_text_th", en="guardian_text_en", says="What a guardian agrees to with `consentAsGuardian`."
    )
    guardian_text_version: str = column(says="The version of `guardianText`.")
    user: User | None = one(users.asking, says="The person the token speaks for; null when it speaks for a client.")
    partner: Partner | None = one(partners.named, says="The organisation whose client asks; null for our own.")
