"""Refusals a person can act on; everything else is a bug.

Refused
├── BadInput            BAD_USER_INPUT   400   an argument, a file or a name that cannot be used
│   ├── BadPayload      BAD_PAYLOAD      422   a partner's payload that cannot be read
│   └── UnknownPlace    UNKNOWN_PLACE    422   a place name without one meaning; lists candidates
├── Unauthenticated     UNAUTHENTICATED  401   no token, or one that no longer counts
├── Forbidden           FORBIDDEN        403   a scope or role is missing
│   └── NotInCharge     NOT_IN_CHARGE    403   the change is for whoever is in charge of the team
├── NotFound            NOT_FOUND        404   absent, or not for this viewer: both look alike
└── Conflict            CONFLICT         409   true a moment ago, or already done differently
    ├── TeamClosed        TEAM_CLOSED         409   people cannot join that team themselves
    ├── InvitationNeeded  INVITATION_NEEDED   409   people join that team by invitation
    ├── ApprovalNeeded    APPROVAL_NEEDED     409   people ask to join that team
    ├── TeamFull          TEAM_FULL           409   it has as many people as it takes
    ├── AlreadyInTeam     ALREADY_IN_TEAM     409   one active team of a kind, clubs excepted
    ├── ChallengeNotOpen  CHALLENGE_NOT_OPEN  409   a challenge that takes nobody in any more
    ├── GuardianNeeded    GUARDIAN_NEEDED     409   a minor without a guardian's consent
    ├── NotOfAge          NOT_OF_AGE          409   who consents for a minor is of age
    ├── NotEligible       NOT_ELIGIBLE        409   a challenge for other people
    ├── ChallengeNotOver  CHALLENGE_NOT_OVER  409   a challenge whose late data still counts
    ├── ChallengeNotFinal CHALLENGE_NOT_FINAL 409   standings that are not sealed yet
    ├── ChallengeDecided  CHALLENGE_DECIDED   409   a challenge too far in its life for what is asked
    ├── RulesFrozen       RULES_FROZEN        409   the rules of a challenge that is published
    ├── BudgetExceeded    BUDGET_EXCEEDED     409   more than a partner may still award
    ├── NotEnoughCredits  NOT_ENOUGH_CREDITS  409   a redemption of more than the person has
    ├── NotReversible     NOT_REVERSIBLE      409   an entry that nobody takes back by hand
    ├── SameAdministrator SAME_ADMINISTRATOR  409   nobody approves the rulebook that they drafted
    ├── RulebookDecided   RULEBOOK_DECIDED    409   a rulebook that is approved, withdrawn or in force
    ├── RulebookOutdated  RULEBOOK_OUTDATED   409   a draft of figures that another version changed meanwhile
    ├── RulebookTooLate   RULEBOOK_TOO_LATE   409   a rulebook whose first day is here or too near
    ├── NothingToReview   NOTHING_TO_REVIEW   409   an activity that counts, or has nothing against it
    └── AlreadyAppealed   ALREADY_APPEALED    409   one appeal for each verdict

The message is for a person, says what to do next and holds no secrets.
"""

from __future__ import annotations


class Refused(Exception):
    """A request that is understood and declined; `code` is public and stable."""

    code = "REFUSED"
    status = 400

    def __init__(self, message: str, *, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class BadInput(Refused):
    """An argument, a file or a name that cannot be used as it is."""

    code = "BAD_USER_INPUT"
    status = 400


class BadPayload(BadInput):
    """A partner's payload that cannot be read; `path` points inside it."""

    code = "BAD_PAYLOAD"
    status = 422

    def __init__(self, partner: str, path: tuple[str | int, ...], reason: str) -> None:
        super().__init__(f"{partner}: {reason}", path=path)
        self.partner = partner
        self.reason = reason


class UnknownPlace(BadInput):
    """A place name that means no place, or several; `candidates` are up to 5 'name (province) code'."""

    code = "UNKNOWN_PLACE"
    status = 422

    def __init__(self, message: str, *, candidates: tuple[str, ...] = (), path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.candidates = candidates


class Unauthenticated(Refused):
    """No token where one is needed, or a token that no longer counts."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(Refused):
    """The viewer lacks a scope or a role; the message names it."""

    code = "FORBIDDEN"
    status = 403


class NotFound(Refused):
    """Absent, or not for this viewer: both look alike from outside."""

    code = "NOT_FOUND"
    status = 404


class Conflict(Refused):
    """Something true a moment ago, or the same key used for something else."""

    code = "CONFLICT"
    status = 409
