"""Proof, for `ccc check`, that final standings are what was sealed, and prizes what was promised."""

from __future__ import annotations

from domain.finals import FAN, hash_of
from domain.sealing import SEAL, TABLES
from domain.winning import cut, winners

_CLOSED = "c.closed_at IS NOT NULL"

_LISTS = " UNION ALL ".join(
    f"SELECT challenge_id, '{part}' AS part, position, line FROM {table}"  # noqa: S608
    for part, table in TABLES.items()
)

STANDINGS = f"""
    SELECT format('challenge %s, %s, level %s, group %s: the hash is not that of its lines',
                  coalesce(m.challenge_id, h.challenge_id), coalesce(m.part, h.part), coalesce(m.level, h.level),
                  coalesce(m.number, h.number))
    FROM (
        SELECT challenge_id, part, 1 AS level, (position - 1) / {FAN} AS number, {hash_of("line", "position")} AS hash
        FROM ({_LISTS}) AS lists GROUP BY challenge_id, part, (position - 1) / {FAN}
        UNION ALL
        SELECT challenge_id, part, level + 1, number / {FAN}, {hash_of("encode(hash, 'hex')", "number")} FROM (
            SELECT h.*, count(*) OVER (PARTITION BY challenge_id, part, level) AS groups FROM final_hashes h
        ) AS below WHERE groups > 1 GROUP BY challenge_id, part, level, number / {FAN}
    ) m FULL JOIN final_hashes h USING (challenge_id, part, level, number)
    JOIN challenges c ON c.id = coalesce(m.challenge_id, h.challenge_id) AND {_CLOSED}
    WHERE m.hash IS DISTINCT FROM h.hash
    UNION ALL
    SELECT format('challenge %s: the seal does not name its lists, or is not what the challenge''s hash is of', c.id)
    FROM challenges c LEFT JOIN ({SEAL}) m ON m.id = c.id LEFT JOIN final_seals k ON k.challenge_id = c.id
    WHERE {_CLOSED} AND (c.standings_hash IS NOT NULL OR k.seal IS NOT NULL)
      AND (m.seal IS DISTINCT FROM k.seal OR c.standings_hash IS DISTINCT FROM sha256(convert_to(k.seal, 'UTF8')))
    UNION ALL
    SELECT format('challenge %s: %s is frozen with a score of %s, the standing is %s', f.challenge_id, f.pseudonym_id,
                  f.score, s.score)
    FROM final_standings f JOIN standings s ON s.challenge_id = f.challenge_id AND s.pseudonym_id = f.pseudonym_id
    WHERE s.score <> f.score
"""  # noqa: S608
"""A line for each hash of a final challenge that is not that of what it stands for, and for each score that moved."""

# Who is erased has no standing and belongs to no team any more, so prizes of teams are compared one way only.
PRIZES = f"""
    SELECT format('challenge %s, prize %s: %s has won it by the standings, but does not have it', w.challenge_id,
                  w.number, w.pseudonym_id)
    FROM ({winners("true")}) w JOIN challenges c ON c.id = w.challenge_id AND {_CLOSED}
    LEFT JOIN final_prizes f USING (challenge_id, number, pseudonym_id) WHERE f.challenge_id IS NULL
    UNION ALL
    SELECT format('challenge %s, prize %s: %s has it without having won it', f.challenge_id, f.number, f.pseudonym_id)
    FROM final_prizes f JOIN prizes p USING (challenge_id, number)
    LEFT JOIN ({winners("p.kind <> 'team_rank'")}) w USING (challenge_id, number, pseudonym_id)
    WHERE p.kind <> 'team_rank' AND w.challenge_id IS NULL
    UNION ALL
    SELECT format('challenge %s, prize %s of %s: it is %s credits, by the rules %s', challenge_id, number, pseudonym_id,
                  credits, due)
    FROM (
        SELECT f.*, {cut("p.amount", "c.prize_budget", "f.challenge_id")} AS due
        FROM final_prizes f JOIN prizes p USING (challenge_id, number) JOIN challenges c ON c.id = f.challenge_id
    ) f WHERE credits <> due
    UNION ALL
    SELECT format('challenge %s, prize %s of %s: %s credits are due, %s are booked', f.challenge_id, f.number,
                  f.pseudonym_id, f.credits, coalesce(e.amount, 0))
    FROM final_prizes f JOIN challenges c ON c.id = f.challenge_id AND {_CLOSED}
    LEFT JOIN standings s ON s.challenge_id = f.challenge_id AND s.pseudonym_id = f.pseudonym_id
    LEFT JOIN users u ON u.id = s.user_id
    LEFT JOIN credit_entries e ON e.user_id = s.user_id
              AND e.idempotency_key = format('prize:%s:%s', f.challenge_id, f.number)
    WHERE u.id IS NOT NULL AND (f.booked_at IS NULL OR coalesce(e.amount, 0) <> f.credits
                                OR e.id IS DISTINCT FROM f.entry_id)
    UNION ALL
    SELECT format('user %s, entry %s: it is booked as a prize that nobody won', e.user_id, e.id)
    FROM credit_entries e LEFT JOIN final_prizes f ON f.entry_id = e.id
    WHERE e.kind = 'award' AND e.cause = 'prize' AND f.challenge_id IS NULL
    UNION ALL
    SELECT format('challenge %s: it is final and still keeps %s credits for prizes', c.id, c.prize_reserved)
    FROM challenges c WHERE {_CLOSED} AND c.prize_reserved <> 0
"""  # noqa: S608
"""A line for each prize of a final challenge that is not booked once, as its definition and the standings say."""
