"""Guards over the whole contract: its text, its descriptions, its access rules."""

from types import SimpleNamespace

import pytest
from graphql import is_enum_type, is_input_object_type, is_interface_type, is_object_type
from sqlalchemy import Text

from auth.viewer import Viewer
from engine import declare
from engine.model import Model
from engine.placeholders import Placeholder, ViewerSeen, viewer_hints
from schema import PRINTED, SCHEMA

MODEL = Model(SCHEMA)
PERSONAL = {"User", "UserDay", "Activity", "Record", "CreditEntry", "Membership", "PartnerLink", "Quarantined"}
PERSONAL |= {"Review", "Appeal", "ReviewItem", "DayTotal", "Streak", "Streaks", "Goal", "GoalPeriod"}
QUERIES = declare.One | declare.Many | declare.Paged
FILLED = ("Connection", "Edge")


def test_the_printed_schema_is_the_committed_one():
    assert SCHEMA.as_str() + "\n" == PRINTED.read_text(encoding="utf-8")


def test_every_root_field_states_who_may_ask():
    assert MODEL.undeclared() == []


def test_every_field_of_a_type_declares_where_its_value_comes_from():
    own = [made for made in MODEL.types.values() if not made.name.endswith(FILLED) and not made.name.startswith("_")]
    silent = [str(field) for made in own for field in made.fields.values() if field.card is None]

    assert [name for name in silent if not name.startswith(("PageInfo.", "UserError.", "Query._"))] == []


def test_health_data_and_money_name_their_scope_on_the_field_itself():
    needed = {str(field): set(field.card.rule.needs) for field in _fields() if field.card.rule.needs}

    assert needed == {
        "Activity.creditEntries": {"credit:read"},
        "Activity.decisionCodes": {"connection:manage"},
        "Activity.decisions": {"connection:manage"},
        "Activity.massUsedKg": {"health:read"},
        "Activity.pulseBpm": {"health:read"},
        "ActivityResult.activity": {"activity:read"},
        "Challenge.consentingParticipants": {"participant:read"},
        "Challenge.console": {"challenge:manage"},
        "Challenge.steps": {"challenge:manage"},
        "Mutation.cancelChallenge": {"challenge:manage"},
        "Mutation.draftChallenge": {"challenge:manage"},
        "Mutation.editChallenge": {"challenge:manage"},
        "Mutation.publishChallenge": {"challenge:manage"},
        "Mutation.approveRulebook": {"admin:*"},
        "Mutation.draftRulebook": {"admin:*"},
        "Mutation.awardCredits": {"credit:award"},
        "Mutation.decideReview": {"activity:write"},
        "Mutation.suggestMapping": {"activity:write"},
        "Mutation.previewMapping": {"activity:write"},
        "Mutation.saveMapping": {"activity:write"},
        "Mutation.activateMapping": {"activity:write"},
        "Query.reviewQueue": {"activity:write"},
        "Mutation.previewRulebook": {"admin:*"},
        "Mutation.deleteActivity": {"activity:write"},
        "Mutation.endGoal": {"activity:write"},
        "Mutation.mergeActivities": {"activity:write"},
        "Mutation.recordActivities": {"activity:write"},
        "Mutation.replayQuarantined": {"activity:write"},
        "Mutation.redeemCredits": {"credit:redeem"},
        "Mutation.setCreditBudget": {"admin:*"},
        "Mutation.setGoal": {"activity:write"},
        "Mutation.askGuardian": {"consent:manage"},
        "Mutation.consentAsGuardian": {"consent:manage"},
        "Mutation.withdrawGuardianConsent": {"consent:manage"},
        "User.guardianConsents": {"consent:manage"},
        "Mutation.setMass": {"health:write"},
        "Mutation.setSourceOrder": {"activity:write"},
        "Mutation.splitActivity": {"activity:write"},
        "Mutation.withdrawRulebook": {"admin:*"},
        "Place.statistics": {"stats:read"},
        "Place.statisticsByPeriod": {"stats:read"},
        "Query.activities": {"activity:read"},
        "Query.rulebooks": {"admin:*"},
        "Query.uploadStatus": {"activity:write"},
        "Record.pulseBpm": {"health:read"},
        "Rulebook.approvedBy": {"admin:*"},
        "Rulebook.basedOn": {"admin:*"},
        "Rulebook.draftedBy": {"admin:*"},
        "Rulebook.steps": {"admin:*"},
        "User.activities": {"activity:read"},
        "User.connections": {"connection:manage"},
        "User.creditBalance": {"credit:read"},
        "User.creditDebt": {"credit:read"},
        "User.creditEntries": {"credit:read"},
        "User.dayTotals": {"activity:read"},
        "User.days": {"activity:read"},
        "User.displayName": {"profile:read"},
        "User.goals": {"activity:read"},
        "User.isRegularExerciser": {"activity:read"},
        "User.massKg": {"health:read"},
        "User.streaks": {"activity:read"},
        "User.weeks": {"activity:read"},
    }


def _fields():
    return [field for made in MODEL.types.values() for field in made.fields.values() if field.card is not None]


def _ways():
    """Every query that leads to rows of a person: fields of any type, and look-ups by global id."""
    for field in _fields():
        if not isinstance(field.card, QUERIES):
            continue
        name = field.named.name
        if isinstance(field.card, declare.Paged):
            name = MODEL.types[name].fields["nodes"].named.name
        if name in PERSONAL:
            yield pytest.param(field.card.query, id=str(field))
    for made in MODEL.types.values():
        if made.name in PERSONAL and made.is_node:
            yield pytest.param(made.shown.node, id=f"node: {made.name}")


class _Anything:
    def __getattr__(self, name):
        return Placeholder(f"parent_{name}", Text())


@pytest.mark.parametrize("query", list(_ways()))
@pytest.mark.parametrize("kind", ["anonymous", "ministry", "sponsor"])
def test_no_way_to_a_persons_rows_is_open_to_those_who_know_nobody(query, kind):
    viewer = ViewerSeen(kind, frozenset(), viewer_hints(Viewer))

    planned = query(viewer, _Anything())

    assert "false" in str(planned.whereclause)


def test_everything_says_what_it_is():
    silent = []
    for name, made in SCHEMA._schema.type_map.items():
        if name.startswith(("_", "link__")) or name in {"String", "Int", "Float", "Boolean", "ID"}:
            continue
        parts = [(name, made)]
        if is_object_type(made) or is_interface_type(made):
            fields = [(f"{name}.{key}", field) for key, field in made.fields.items() if not key.startswith("_")]
            arguments = [(f"{path}({key})", given) for path, field in fields for key, given in field.args.items()]
            parts += fields + arguments
        elif is_input_object_type(made):
            parts += [(f"{name}.{key}", field) for key, field in made.fields.items()]
        elif is_enum_type(made):
            parts += [(f"{name}.{key}", value) for key, value in made.values.items()]
        silent += [path for path, part in parts if not (part.description or "").strip()]

    assert silent == []


def test_people_and_what_they_do_are_found_by_global_id_and_lines_of_lists_are_not():
    nodes = {name for name, made in MODEL.types.items() if made.is_node}

    assert nodes == {
        *("User", "Activity", "Record", "CreditEntry", "Team", "Challenge", "Partner", "Place", "Rulebook", "Sport"),
        "Upload",
    }
    assert SimpleNamespace(**MODEL.keys).Place is not None
