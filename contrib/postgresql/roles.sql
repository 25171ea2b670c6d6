-- Two roles, so that the running program cannot rewrite the history: docs/history.md.
--
-- `powertrip_owner` owns the tables and is used for `bot.py migrate` only. `powertrip` is what runs: it adds to
-- the history, and can neither change, delete nor truncate it, nor take its triggers away. Run this as
-- `powertrip_owner` after each `bot.py migrate`; it can be run again and again.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, powertrip;
GRANT USAGE ON SCHEMA public TO powertrip;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO powertrip;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO powertrip;

REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM powertrip;
REVOKE INSERT, DELETE ON audit_head FROM powertrip;
REVOKE UPDATE, DELETE ON audit, checkpoint, anchored, event, occurrence, decision, notice FROM powertrip;

-- A split moves records to another event, and a member may get another id. What a record or a decision says stays.
GRANT UPDATE (event_id, revision, differs) ON occurrence TO powertrip;
GRANT UPDATE (actor_id) ON decision TO powertrip;
GRANT UPDATE (channel, shown_revision, shown_version, shown_digest, redrawn_at, removed_at) ON notice TO powertrip;

-- Of an expectation what becomes of it: how wide it is stays. Its end comes sooner where the clock is set back.
REVOKE UPDATE, DELETE ON expected_work, trust_digest FROM powertrip;
GRANT UPDATE (until, uses, confirm_by, confirmed_at, confirmed_by, confirmed_name, confirmed_proof, ended_at, ended_by,
    ended_why, summed_at) ON expected_work TO powertrip;

-- Of what somebody enrolled whether it counts, and what was used of it; of a proof what becomes of it.
REVOKE UPDATE, DELETE ON proof_factor, proof_code, proof_loss, proof_challenge, expectation_challenge FROM powertrip;
GRANT UPDATE (slack_id, secret, credential_id, note_uid, asked_at, confirm_by, confirmed_at, confirmed_by, confirmed_name, last_step,
    used_at, failures, failed_since, locked_until, ended_at, ended_by, ended_why) ON proof_factor TO powertrip;
GRANT UPDATE (until, used_at) ON proof_code TO powertrip;
GRANT UPDATE (until, ended_at, ended_by, ended_name, ended_why) ON proof_loss TO powertrip;
GRANT UPDATE (until, due_at, failures, met_at, factor_id, spent_at, ended_at, ended_why) ON proof_challenge TO powertrip;
GRANT UPDATE (until, due_at, failures, met_at, factor_id, spent_at, ended_at, ended_why) ON expectation_challenge TO powertrip;

-- Of a containment what becomes of it: what it does, to what, and who asked for it stays.
REVOKE UPDATE, DELETE ON containment FROM powertrip;
GRANT UPDATE (state, agreed_by, agreed_name, agreed_at, ends_at, called_at, done_at, said, prepared, tries)
    ON containment TO powertrip;

-- Of an event everything but what it was opened with.
DO $$
DECLARE changing text;
BEGIN
    SELECT string_agg(quote_ident(column_name), ', ') INTO changing FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = 'event' AND column_name NOT IN (
        'id', 'rule', 'title', 'event_action', 'source', 'occurred_at', 'received_at', 'user_name', 'host_name',
        'source_ip', 'fields', 'headline', 'message', 'cut', 'fold_key', 'is_test');
    EXECUTE format('GRANT UPDATE (%s) ON event TO powertrip', changing);
END $$;
