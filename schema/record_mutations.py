"""Changes of records, of what is decided about them, and of how they are read."""

from __future__ import annotations

from auth.viewer import ViewerKind
from domain.scopes import Scope
from resolvers import (
    activities,
    corrections,
    mapping_trials,
    mappings,
    masses,
    quarantine,
    reviews,
)
from schema.activities import RecordActivitiesPayload
from schema.corrections import (
    DeleteActivityPayload,
    MergeActivitiesPayload,
    SetSourceOrderPayload,
    SplitActivityPayload,
)
from schema.mappings import (
    ActivateMappingPayload,
    PreviewMappingPayload,
    SaveMappingPayload,
    SuggestMappingPayload,
)
from schema.masses import SetMassPayload
from schema.partners import ReplayQuarantinedPayload
from schema.reviews import AppealActivityPayload, DecideReviewPayload
from schema.words import holds, mutation


@holds(says="Changes of records, of what is decided about them, and of how they are read.")
class RecordMutations:
    """Changes of records, of what is decided about them, and of how they are read."""

    record_activities: RecordActivitiesPayload | None = mutation(
        activities.record,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER,),
        says="Store workouts that a partner reports, up to 1,000 at once.",
    )
    replay_quarantined: ReplayQuarantinedPayload | None = mutation(
        quarantine.replay,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER,),
        says="Try again what stands in the quarantine of the token's organisation, the oldest first: rows of people "
        "who have connected since, and what can be read by now.",
    )
    suggest_mapping: SuggestMappingPayload | None = mutation(
        mapping_trials.suggest,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="What the columns of a file seem to be, from its header words in Thai and English. Nothing is stored.",
    )
    preview_mapping: PreviewMappingPayload | None = mutation(
        mapping_trials.preview,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Try a mapping on a sample: the workouts it gives and the rows it cannot read. Nothing is stored.",
    )
    save_mapping: SaveMappingPayload | None = mutation(
        mappings.save,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Keep a mapping as a version of its own. Nothing is read by it before `activateMapping`.",
    )
    activate_mapping: ActivateMappingPayload | None = mutation(
        mappings.activate,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Read what the partner sends by one of its mappings from now on. What came before stays as it was read.",
    )
    decide_review: DecideReviewPayload | None = mutation(
        reviews.decide,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.PARTNER, ViewerKind.ADMIN),
        says="Decide whether an activity that waits for review counts. Credits, counters and standings follow at once. "
        "What was rejected or decided before is for administrators.",
    )
    appeal_activity: AppealActivityPayload | None = mutation(
        reviews.appeal,
        opens=(ViewerKind.CITIZEN,),
        says="Appeal against the verdict on an activity of one's own, once for each verdict.",
    )
    merge_activities: MergeActivitiesPayload | None = mutation(
        corrections.merge,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say that one's own activities are one workout. It holds for their records whatever they become; "
        "`splitActivity` undoes it.",
    )
    split_activity: SplitActivityPayload | None = mutation(
        corrections.split,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say that some records of one's own activity are a workout of their own. It holds whatever they become; "
        "`mergeActivities` undoes it.",
    )
    delete_activity: DeleteActivityPayload | None = mutation(
        corrections.delete,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Delete one's own activity for good: its records stay away, even when a partner sends them again or "
        "newer, and what it counted is taken back. Deleting again changes nothing.",
    )
    set_source_order: SetSourceOrderPayload | None = mutation(
        corrections.reorder,
        needs=Scope.ACTIVITY_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say whose figures one trusts first where sources of equal standing differ. All one's activities follow. "
        "The same order again changes nothing.",
    )
    set_mass: SetMassPayload | None = mutation(
        masses.weigh,
        needs=Scope.HEALTH_WRITE,
        opens=(ViewerKind.CITIZEN,),
        says="Say what one weighs from a day on. Energy is estimated with the mass of its day, so days before it stay "
        "as they are. The same again changes nothing.",
    )
