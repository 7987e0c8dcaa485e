-- What an application on PostGraphile would write in SQL rather than in a document; safe to run again.
DROP TYPE IF EXISTS leader CASCADE;
CREATE TYPE leader AS (rank bigint, score bigint, display_name text);

-- Teams by id, in the order asked.
CREATE OR REPLACE FUNCTION teams_of(ids uuid[]) RETURNS SETOF teams LANGUAGE sql STABLE AS $$
    SELECT t.* FROM unnest(ids) WITH ORDINALITY AS k(id, number) JOIN teams t ON t.id = k.id ORDER BY k.number
$$;

-- The first of a challenge with ranks and names: one window over one index scan.
CREATE FUNCTION challenges_leaders(challenge challenges, size integer) RETURNS SETOF leader LANGUAGE sql STABLE AS $$
    SELECT ranked.rank, ranked.score, u.display_name
    FROM (
        SELECT user_id, score, pseudonym_id, rank() OVER (ORDER BY score DESC) AS rank
        FROM (
            SELECT user_id, score, pseudonym_id FROM standings
            WHERE challenge_id = challenge.id ORDER BY score DESC, pseudonym_id DESC LIMIT size
        ) top
    ) ranked JOIN users u ON u.id = ranked.user_id ORDER BY ranked.score DESC, ranked.pseudonym_id DESC
$$;

-- One participant's line, those ahead from the histogram of scores (domain/ranks.py).
CREATE FUNCTION challenges_line_of(challenge challenges, participant uuid) RETURNS leader LANGUAGE sql STABLE AS $$
    SELECT 1 + coalesce((
               SELECT sum((
                   SELECT sum(b.people) FROM score_buckets b
                   WHERE b.challenge_id = challenge.id AND b.shift = l.shift AND b.bucket > mine.score >> l.shift
                     AND b.bucket <= (mine.score >> l.shift | 127)
               ))::bigint FROM generate_series(0, 56, 7) AS l(shift)
           ), 0), mine.score, NULL::text
    FROM standings mine WHERE mine.challenge_id = challenge.id AND mine.user_id = participant
$$;
