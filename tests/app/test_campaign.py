"""A whole campaign, small: what `python -m bench.campaign` plays with fifty thousand people."""

from bench.campaign import played


async def test_a_campaign_from_the_draft_to_the_proof_of_its_standings_adds_up(database_url):
    outcome = await played(database_url, 120, 4, lambda _what, _done, _total: None)

    counts = {what: count for what, count, *_ in outcome.figures.rows}
    assert outcome.findings == []
    assert (outcome.proofs, outcome.proofs_that_hold) == (101, 101)
    assert counts["closing: freezing, prizes, seal"] == 120
    assert counts["- of these, prizes booked"] > 30
    assert min(counts[f"- of these, {what}, of all days"] for what in ("late", "newer versions", "deletions")) > 0
