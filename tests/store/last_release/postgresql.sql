CREATE FUNCTION public.audit_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE TABLE public.audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    action character varying(255) NOT NULL,
    event_id character varying(255),
    actor_id character varying(255),
    detail text NOT NULL,
    previous_hash character varying(64) NOT NULL,
    hash character varying(64) NOT NULL
);
CREATE SEQUENCE public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;
CREATE TABLE public.backup (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    channel character varying(255) NOT NULL,
    sent_at bigint NOT NULL,
    digest_at bigint
);
CREATE SEQUENCE public.backup_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.backup_id_seq OWNED BY public.backup.id;
CREATE TABLE public.decision (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    verdict character varying(255) NOT NULL,
    actor_id character varying(255) NOT NULL,
    actor_name text NOT NULL,
    at bigint NOT NULL,
    via character varying(255) NOT NULL,
    revision integer NOT NULL,
    reason text
);
CREATE SEQUENCE public.decision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.decision_id_seq OWNED BY public.decision.id;
CREATE TABLE public.delivery (
    id bigint NOT NULL,
    uid character varying(255) NOT NULL,
    kind character varying(255) NOT NULL,
    lane character varying(255) NOT NULL,
    priority integer NOT NULL,
    channel character varying(255) NOT NULL,
    ts character varying(255),
    event_ids text NOT NULL,
    payload text,
    due_at bigint NOT NULL,
    leased_until bigint,
    attempts integer DEFAULT 0 NOT NULL,
    attempted_at bigint,
    state character varying(255) DEFAULT 'waiting'::character varying NOT NULL,
    error text,
    created_at bigint NOT NULL,
    done_at bigint,
    backed_up_at bigint
);
CREATE SEQUENCE public.delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.delivery_id_seq OWNED BY public.delivery.id;
CREATE TABLE public.enrichment_cache (
    key character varying(255) NOT NULL,
    value text NOT NULL,
    fetched_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE TABLE public.event (
    id character varying(255) NOT NULL,
    rule character varying(255) NOT NULL,
    title text NOT NULL,
    event_action character varying(255) NOT NULL,
    severity character varying(255) NOT NULL,
    source character varying(255) NOT NULL,
    occurred_at bigint NOT NULL,
    received_at bigint NOT NULL,
    last_occurred_at bigint NOT NULL,
    user_name text,
    host_name text,
    source_ip text,
    fields text NOT NULL,
    message text NOT NULL,
    cut integer NOT NULL,
    subject_kind character varying(255) NOT NULL,
    subject_slack_id character varying(255),
    subject_name text,
    subject_team text,
    status character varying(255) NOT NULL,
    revision integer NOT NULL,
    occurrences integer NOT NULL,
    requires_reason boolean NOT NULL,
    requires_second_person boolean NOT NULL,
    fold_key text NOT NULL,
    reminders integer NOT NULL,
    next_reminder_at bigint,
    decided_at bigint,
    version integer DEFAULT 1 NOT NULL,
    facts text,
    past text,
    severity_reason text,
    as_number bigint,
    country_code character varying(2),
    facts_due_at bigint,
    facts_tries integer DEFAULT 0 NOT NULL
);
CREATE TABLE public.expectation (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    origin character varying(255) NOT NULL,
    due_at bigint NOT NULL,
    state character varying(255) NOT NULL,
    told_at bigint
);
CREATE SEQUENCE public.expectation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.expectation_id_seq OWNED BY public.expectation.id;
CREATE TABLE public.gap (
    id bigint NOT NULL,
    source character varying(255) NOT NULL,
    min_id character varying(255) NOT NULL,
    max_id character varying(255) NOT NULL,
    query text,
    cursor text NOT NULL,
    due_at bigint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    told_at bigint,
    done_at bigint
);
CREATE SEQUENCE public.gap_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.gap_id_seq OWNED BY public.gap.id;
CREATE TABLE public.heard (
    source character varying(255) NOT NULL,
    heard_at bigint NOT NULL,
    silent_told_at bigint
);
CREATE TABLE public.inbox (
    id bigint NOT NULL,
    source character varying(255) NOT NULL,
    record_id text NOT NULL,
    received_at bigint NOT NULL,
    occurred_at bigint,
    host_name text,
    program text,
    message text NOT NULL,
    raw text NOT NULL,
    cut integer NOT NULL,
    facility text,
    trusted text,
    leased_until bigint,
    attempts integer DEFAULT 0 NOT NULL,
    judged_at bigint
);
CREATE SEQUENCE public.inbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.inbox_id_seq OWNED BY public.inbox.id;
CREATE TABLE public.notice (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    kind character varying(255) NOT NULL,
    channel character varying(255) NOT NULL,
    ts character varying(255) NOT NULL,
    reminder integer NOT NULL,
    posted_at bigint NOT NULL,
    shown_revision integer NOT NULL,
    shown_version integer NOT NULL,
    removed_at bigint
);
CREATE SEQUENCE public.notice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.notice_id_seq OWNED BY public.notice.id;
CREATE TABLE public.occurrence (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    source character varying(255) NOT NULL,
    record_id text NOT NULL,
    message text NOT NULL,
    raw text NOT NULL,
    occurred_at bigint NOT NULL,
    received_at bigint NOT NULL,
    revision integer NOT NULL,
    cut integer NOT NULL,
    event_action character varying(255),
    user_name text,
    host_name text,
    source_ip text,
    source_port text
);
CREATE SEQUENCE public.occurrence_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.occurrence_id_seq OWNED BY public.occurrence.id;
CREATE TABLE public.people_cache (
    key character varying(255) NOT NULL,
    value text NOT NULL,
    fetched_at bigint NOT NULL
);
CREATE TABLE public.poll (
    name character varying(255) NOT NULL,
    since bigint NOT NULL,
    cursor text,
    next_at bigint NOT NULL,
    owner character varying(255),
    leased_until bigint,
    failures integer DEFAULT 0 NOT NULL,
    failing_since bigint,
    failing_told_at bigint,
    error text,
    succeeded_at bigint,
    behind_count integer DEFAULT 0 NOT NULL,
    behind_from bigint,
    behind_to bigint
);
CREATE TABLE public.quarantine (
    id bigint NOT NULL,
    source character varying(255) NOT NULL,
    rule character varying(255),
    reason text NOT NULL,
    message text NOT NULL,
    body bytea NOT NULL,
    size integer NOT NULL,
    at bigint NOT NULL,
    told_at bigint
);
CREATE SEQUENCE public.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.quarantine_id_seq OWNED BY public.quarantine.id;
CREATE TABLE public.schema_migration (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.schema_migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schema_migration_id_seq OWNED BY public.schema_migration.id;
CREATE TABLE public.service_calls (
    service character varying(255) NOT NULL,
    period character varying(255) NOT NULL,
    count integer NOT NULL
);
CREATE TABLE public.sighting (
    id bigint NOT NULL,
    origin character varying(255) NOT NULL,
    source character varying(255) NOT NULL,
    record_id text NOT NULL,
    rule character varying(255) NOT NULL,
    title text NOT NULL,
    event_action character varying(255) NOT NULL,
    severity character varying(255) NOT NULL,
    severity_reason text,
    user_name text,
    host_name text,
    source_ip text,
    source_port text,
    fields text NOT NULL,
    fold_key text NOT NULL,
    message text NOT NULL,
    raw text NOT NULL,
    cut integer NOT NULL,
    occurred_at bigint NOT NULL,
    received_at bigint NOT NULL,
    tells boolean NOT NULL,
    due_at bigint NOT NULL,
    state character varying(255) NOT NULL,
    occurrence_id bigint
);
CREATE SEQUENCE public.sighting_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.sighting_id_seq OWNED BY public.sighting.id;
CREATE TABLE public.tally (
    id bigint NOT NULL,
    day character varying(10) NOT NULL,
    verdict character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    count integer NOT NULL
);
CREATE SEQUENCE public.tally_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.tally_id_seq OWNED BY public.tally.id;
CREATE TABLE public.telling (
    id bigint NOT NULL,
    event_id character varying(255) NOT NULL,
    origin character varying(255) NOT NULL,
    sighting_id bigint,
    decision_id bigint NOT NULL,
    state character varying(255) NOT NULL,
    at bigint NOT NULL,
    error text
);
CREATE SEQUENCE public.telling_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.telling_id_seq OWNED BY public.telling.id;
ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);
ALTER TABLE ONLY public.backup ALTER COLUMN id SET DEFAULT nextval('public.backup_id_seq'::regclass);
ALTER TABLE ONLY public.decision ALTER COLUMN id SET DEFAULT nextval('public.decision_id_seq'::regclass);
ALTER TABLE ONLY public.delivery ALTER COLUMN id SET DEFAULT nextval('public.delivery_id_seq'::regclass);
ALTER TABLE ONLY public.expectation ALTER COLUMN id SET DEFAULT nextval('public.expectation_id_seq'::regclass);
ALTER TABLE ONLY public.gap ALTER COLUMN id SET DEFAULT nextval('public.gap_id_seq'::regclass);
ALTER TABLE ONLY public.inbox ALTER COLUMN id SET DEFAULT nextval('public.inbox_id_seq'::regclass);
ALTER TABLE ONLY public.notice ALTER COLUMN id SET DEFAULT nextval('public.notice_id_seq'::regclass);
ALTER TABLE ONLY public.occurrence ALTER COLUMN id SET DEFAULT nextval('public.occurrence_id_seq'::regclass);
ALTER TABLE ONLY public.quarantine ALTER COLUMN id SET DEFAULT nextval('public.quarantine_id_seq'::regclass);
ALTER TABLE ONLY public.schema_migration ALTER COLUMN id SET DEFAULT nextval('public.schema_migration_id_seq'::regclass);
ALTER TABLE ONLY public.sighting ALTER COLUMN id SET DEFAULT nextval('public.sighting_id_seq'::regclass);
ALTER TABLE ONLY public.tally ALTER COLUMN id SET DEFAULT nextval('public.tally_id_seq'::regclass);
ALTER TABLE ONLY public.telling ALTER COLUMN id SET DEFAULT nextval('public.telling_id_seq'::regclass);
INSERT INTO public.audit VALUES (1, 1768478400000000, 'event_opened', 'asked', NULL, '{"record_id": "r-asked", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '0000000000000000000000000000000000000000000000000000000000000000', '7403c909242d3b3f400c2ef252db655188f92755ce826e4d7b678ca9bdc9eded');
INSERT INTO public.audit VALUES (2, 1768478460000000, 'notice_posted', 'asked', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "1.1"}', '7403c909242d3b3f400c2ef252db655188f92755ce826e4d7b678ca9bdc9eded', 'd84903937bdcaec5f4184f10858204a42015c5ba600105473ce8104e20adb5c4');
INSERT INTO public.audit VALUES (3, 1768478400000000, 'event_opened', 'grown', NULL, '{"record_id": "r-grown", "rule": "ssh_login", "source": "syslog", "subject": "person"}', 'd84903937bdcaec5f4184f10858204a42015c5ba600105473ce8104e20adb5c4', '4f91304eb31ca167cf281ac00503da808a758322b4436d708183ad6c4db49e0c');
INSERT INTO public.audit VALUES (4, 1768478460000000, 'notice_posted', 'grown', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "2.1"}', '4f91304eb31ca167cf281ac00503da808a758322b4436d708183ad6c4db49e0c', '51a64a618d7fdda026675c94dba5d5d216dae32f0ff88416d88f967939a20966');
INSERT INTO public.audit VALUES (5, 1768478400000000, 'event_opened', 'denied', NULL, '{"record_id": "r-denied", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '51a64a618d7fdda026675c94dba5d5d216dae32f0ff88416d88f967939a20966', 'd3ae9fb72edb72fbf7da2dea1cc934f7f76f8aa4e1fe5289efc544dac4d83aac');
INSERT INTO public.audit VALUES (6, 1768478460000000, 'notice_posted', 'denied', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "3.1"}', 'd3ae9fb72edb72fbf7da2dea1cc934f7f76f8aa4e1fe5289efc544dac4d83aac', '4a80b8b48d2f4db3527f8fe81bac8f9f6eef4e67a27b4c955485d838445e91a4');
INSERT INTO public.audit VALUES (7, 1768478400000000, 'event_opened', 'halfway', NULL, '{"record_id": "r-halfway", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '4a80b8b48d2f4db3527f8fe81bac8f9f6eef4e67a27b4c955485d838445e91a4', '6142840a66b5535cf155c445b6c11e9fe31f19ade3b35da1bec1ddc511e8eb61');
INSERT INTO public.audit VALUES (8, 1768478460000000, 'notice_posted', 'halfway', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "4.1"}', '6142840a66b5535cf155c445b6c11e9fe31f19ade3b35da1bec1ddc511e8eb61', 'd4e4143bf19e068462614d3d2a95ead8fd2e3e864c99123a8127f0fbdb02b2ae');
INSERT INTO public.audit VALUES (9, 1768478400000000, 'event_opened', 'approved', NULL, '{"record_id": "r-approved", "rule": "ssh_login", "source": "syslog", "subject": "person"}', 'd4e4143bf19e068462614d3d2a95ead8fd2e3e864c99123a8127f0fbdb02b2ae', '9d761b4d1ac9b0d9390d808e407acae87fd5e8248e4bca90344ae8ea9b419538');
INSERT INTO public.audit VALUES (10, 1768478460000000, 'notice_posted', 'approved', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "5.1"}', '9d761b4d1ac9b0d9390d808e407acae87fd5e8248e4bca90344ae8ea9b419538', '4038b76cb0d681e569d531f0f3b8df957567507bd97db5422492cc1c05983a4b');
INSERT INTO public.audit VALUES (11, 1768478400000000, 'event_opened', 'silent', NULL, '{"record_id": "r-silent", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '4038b76cb0d681e569d531f0f3b8df957567507bd97db5422492cc1c05983a4b', '75b8c03b97aef972a74334c3c467710229d7e69afbdd9584c9a8e2a15feb9e23');
INSERT INTO public.audit VALUES (12, 1768478460000000, 'notice_posted', 'silent', NULL, '{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "6.1"}', '75b8c03b97aef972a74334c3c467710229d7e69afbdd9584c9a8e2a15feb9e23', 'dca940960861c34e92f4632229247805870767099e926affb08dd2f2f52ef8f4');
INSERT INTO public.audit VALUES (13, 1768478400000000, 'occurrence_joined', 'grown', NULL, '{"record_id": "r-grown-2", "revision": 2}', 'dca940960861c34e92f4632229247805870767099e926affb08dd2f2f52ef8f4', 'cf1d8f5ef5d5614d1aa57c134f92aec2707d6e34a9ae14a1f8212c3d8a70e1fc');
INSERT INTO public.audit VALUES (14, 1768478460000000, 'decided', 'denied', 'U0ALICE', '{"reason": "not me", "revision": 1, "status": "denied", "verdict": "deny", "via": "button"}', 'cf1d8f5ef5d5614d1aa57c134f92aec2707d6e34a9ae14a1f8212c3d8a70e1fc', '7942e1f8c07bde53a2e056e512aa99396b26a61d5f335a5be41cca3159242c09');
INSERT INTO public.audit VALUES (15, 1768478460000000, 'decided', 'halfway', 'U0ALICE', '{"reason": null, "revision": 1, "status": "half_approved", "verdict": "approve", "via": "button"}', '7942e1f8c07bde53a2e056e512aa99396b26a61d5f335a5be41cca3159242c09', 'd8bd3fa3a54ee7a75086317268b2f05c524b9f740858a114e0030e83dad0049a');
INSERT INTO public.audit VALUES (16, 1768478400000000, 'origin_saw', 'approved', NULL, '{"origin": "wazuh", "record_id": "a-approved"}', 'd8bd3fa3a54ee7a75086317268b2f05c524b9f740858a114e0030e83dad0049a', 'aab7fba10e8e481bd2f57ab7ea0851aec1412b1b7a1d4736aec686e25d55059a');
INSERT INTO public.audit VALUES (17, 1768478460000000, 'decided', 'approved', 'U0ALICE', '{"reason": null, "revision": 1, "status": "approved", "verdict": "approve", "via": "button"}', 'aab7fba10e8e481bd2f57ab7ea0851aec1412b1b7a1d4736aec686e25d55059a', '68208d23eed3b032cbe5d0ccecdb202df3e80c26517390a28acca16b57603d40');
INSERT INTO public.audit VALUES (18, 1768478400000000, 'event_opened', 'new', NULL, '{"record_id": "r-new", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '68208d23eed3b032cbe5d0ccecdb202df3e80c26517390a28acca16b57603d40', '9f907f55d85cbd446f7362c8db118089967ef0d07f8bc31390e84b2ebbfaf600');
INSERT INTO public.audit VALUES (19, 1768478400000000, 'event_opened', 'bobs', NULL, '{"record_id": "r-bobs", "rule": "ssh_login", "source": "syslog", "subject": "person"}', '9f907f55d85cbd446f7362c8db118089967ef0d07f8bc31390e84b2ebbfaf600', '8b4d7656edde6c751ee1261f5fa140580ff60e1cc6b7cc34c4af834eee26ce16');
INSERT INTO public.audit VALUES (20, 1768478460000000, 'notice_posted', 'asked', NULL, '{"channel": "C0SECURITY", "kind": "reminder", "revision": 1, "ts": "9.1"}', '8b4d7656edde6c751ee1261f5fa140580ff60e1cc6b7cc34c4af834eee26ce16', '630c6811f4a9adf0dbc9b69fd4951bf1c5946a90f864190b2d3956116a946086');
INSERT INTO public.audit VALUES (21, 1768478460000000, 'notice_posted', 'asked', NULL, '{"channel": "C0SECURITY", "kind": "reminder", "revision": 1, "ts": "9.2"}', '630c6811f4a9adf0dbc9b69fd4951bf1c5946a90f864190b2d3956116a946086', '65c53bf24173b6b8f732fe3d8cfe772221dde24ad9220e478316d6521b8553aa');
INSERT INTO public.audit VALUES (22, 1768479060000000, 'origin_did_not_see', 'asked', NULL, '{"origin": "wazuh"}', '65c53bf24173b6b8f732fe3d8cfe772221dde24ad9220e478316d6521b8553aa', '9fe52fd3fda818f7dde54be96c94a55f852c22fd1a79d65aabc25e2da1199492');
INSERT INTO public.audit VALUES (23, 1768478400000000, 'quarantine_told', NULL, NULL, '{"count": 1, "newest_id": 1}', '9fe52fd3fda818f7dde54be96c94a55f852c22fd1a79d65aabc25e2da1199492', '9dc6857d9fa66903e5eb46d0f8afd66a72d29fed7862071372c47e880c2054fd');
INSERT INTO public.decision VALUES (1, 'denied', 'deny', 'U0ALICE', 'Alice', 1768478460000000, 'button', 1, 'not me');
INSERT INTO public.decision VALUES (2, 'halfway', 'approve', 'U0ALICE', 'Alice', 1768478460000000, 'button', 1, NULL);
INSERT INTO public.decision VALUES (3, 'approved', 'approve', 'U0ALICE', 'Alice', 1768478460000000, 'button', 1, NULL);
INSERT INTO public.delivery VALUES (1, '175cee3a6ac10f1f75da', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["asked"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (2, '944e15489330e980a2e5', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["grown"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (3, '024cf96005f83cb9fdcd', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["denied"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (4, '795a2bdd22fb90d3832d', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["halfway"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (5, '666696f6bd8e794a2d71', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["approved"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (19, 'f88e05961994421493a1', 'reminder', 'C0SECURITY', 1, 'C0SECURITY', NULL, '["asked"]', '{"numbers": {"asked": 2}}', 1768479600000000, NULL, 1, 1768482000000000, 'done', NULL, 1768479600000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (6, '3e05618108c55b2fdc83', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["silent"]', NULL, 1768478400000000, NULL, 1, 1768482000000000, 'done', NULL, 1768478400000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (7, 'c6809a9a976bbf1aab2c', 'update', 'updates', 2, 'D0ALICE', '2.1', '[]', NULL, 1768478400000000, NULL, 0, NULL, 'waiting', NULL, 1768478400000000, NULL, NULL);
INSERT INTO public.delivery VALUES (9, 'b3ebcd5058369e693572', 'update', 'updates', 2, 'D0ALICE', '3.1', '[]', NULL, 1768478460000000, NULL, 0, NULL, 'waiting', NULL, 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (11, '3e63bfcb695c0c663bd4', 'update', 'updates', 2, 'D0ALICE', '4.1', '[]', NULL, 1768478460000000, NULL, 0, NULL, 'waiting', NULL, 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (12, 'acde8afddaf2bc896ec4', 'update', 'updates', 2, 'D0ALICE', '5.1', '[]', NULL, 1768478400000000, NULL, 0, NULL, 'waiting', NULL, 1768478400000000, NULL, NULL);
INSERT INTO public.delivery VALUES (17, 'd56138e72e1bcf4870b8', 'update', 'updates', 2, 'D0ALICE', '1.1', '[]', NULL, 1768478460000000, NULL, 0, NULL, 'waiting', NULL, 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (20, '429c78e985c1d512a13f', 'remove', 'updates', 3, 'C0SECURITY', '9.1', '[]', NULL, 1768478460000000, NULL, 0, NULL, 'waiting', NULL, 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (8, '2f3fcddd6f407cb47f76', 'origin', 'origin audit_system', 1, 'audit_system', NULL, '["denied"]', '{"telling": 1}', 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (13, '4a9b095e679457e1b94a', 'origin', 'origin wazuh', 1, 'wazuh', NULL, '["approved"]', '{"telling": 2}', 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (14, '2e68430ad282f8d1dfc6', 'origin', 'origin audit_system', 1, 'audit_system', NULL, '["approved"]', '{"telling": 3}', 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478460000000, NULL, NULL);
INSERT INTO public.delivery VALUES (18, 'c03f3195bf16b4db8c23', 'reminder', 'C0SECURITY', 1, 'C0SECURITY', NULL, '["asked"]', '{"numbers": {"asked": 1}}', 1768479000000000, NULL, 1, 1768482000000000, 'done', NULL, 1768479000000000, 1768478460000000, NULL);
INSERT INTO public.delivery VALUES (21, '8d518e91f487431487aa', 'reminder', 'C0SECURITY', 1, 'C0SECURITY', NULL, '["silent", "grown"]', '{"numbers": {"grown": 1, "silent": 1}}', 1768479000000000, NULL, 0, NULL, 'waiting', NULL, 1768479000000000, NULL, NULL);
INSERT INTO public.delivery VALUES (22, '66cfe149d3f363637e21', 'update', 'updates', 2, 'C0SECURITY', '9.2', '[]', NULL, 1768479060000000, NULL, 0, NULL, 'waiting', NULL, 1768479060000000, NULL, NULL);
INSERT INTO public.delivery VALUES (23, '596f943b7b2f5e59245e', 'note', 'C0SECURITY', 1, 'C0SECURITY', NULL, '[]', '{"lines": ["SSH login as alice on bastion-1, 2026-01-15 12:20:00 UTC, event asked"], "title": "The HIDS wazuh did not see an event that the log pipeline told of"}', 1768479060000000, NULL, 0, NULL, 'waiting', NULL, 1768479060000000, NULL, NULL);
INSERT INTO public.delivery VALUES (24, 'b17b5ad5f15c2c1280c9', 'quarantine', 'C0SECURITY', 1, 'C0SECURITY', NULL, '[]', '{"count": 1, "reasons": {"two addresses": 1}, "samples": ["Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"], "since": "2026-01-15T12:00:00+00:00", "sources": {"syslog": 1}}', 1768478400000000, NULL, 0, NULL, 'waiting', NULL, 1768478400000000, NULL, NULL);
INSERT INTO public.delivery VALUES (10, '96de79caeac3b9944675', 'outcome', 'C0SECURITY', 0, 'C0SECURITY', NULL, '["denied"]', NULL, 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478460000000, NULL, 1768478700000000);
INSERT INTO public.delivery VALUES (15, '09f72d5707d80d80e0d6', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["new"]', NULL, 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478400000000, NULL, 1768478700000000);
INSERT INTO public.delivery VALUES (16, '09ebb3018f7bcee6a213', 'first', 'U0ALICE', 0, 'U0ALICE', NULL, '["bobs"]', NULL, 1768478400000000, NULL, 2, NULL, 'waiting', 'not yet', 1768478400000000, NULL, 1768478700000000);
INSERT INTO public.delivery VALUES (25, 'ab7c417be8f0ddbbb3b0', 'backup', 'backup mail', 0, 'mail', NULL, '[]', '{"deliveries": [10, 15, 16]}', 1768478700000000, NULL, 0, NULL, 'waiting', NULL, 1768478700000000, NULL, NULL);
INSERT INTO public.delivery VALUES (26, '19b42c378fbf421baeb8', 'note', 'C0SECURITY', 1, 'C0SECURITY', NULL, '[]', '{"lines": ["no answer"], "title": "The poll wazuh fails"}', 1768478400000000, NULL, 0, NULL, 'waiting', NULL, 1768478400000000, NULL, NULL);
INSERT INTO public.event VALUES ('denied', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768482000000000, 1768478400000000, 1768482000000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'denied', 1, 1, false, false, 'denied', 0, 1768480200000000, 1768478460000000, 2, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('halfway', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768483200000000, 1768478400000000, 1768483200000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'half_approved', 1, 1, false, false, 'halfway', 0, 1768480200000000, 1768478460000000, 2, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('approved', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768484400000000, 1768478400000000, 1768484400000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'approved', 1, 1, false, false, 'approved', 0, NULL, 1768478460000000, 3, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('new', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768490400000000, 1768478400000000, 1768490400000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'pending', 1, 1, false, false, 'new', 0, 1768479000000000, NULL, 1, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('bobs', 'ssh_login', 'SSH login', 'ssh_login', 'high', 'syslog', 1768491600000000, 1768478400000000, 1768491600000000, 'bob', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0BOB', 'Bob', NULL, 'pending', 1, 1, false, false, 'bobs', 0, 1768479000000000, NULL, 1, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('silent', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768485600000000, 1768478400000000, 1768485600000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'pending', 1, 1, false, false, 'silent', 1, 1768480800000000, NULL, 1, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('grown', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768480800000000, 1768478400000000, 1768480860000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'pending', 2, 2, false, false, 'grown', 1, 1768480800000000, NULL, 2, NULL, NULL, NULL, NULL, NULL, 1768478400000000, 0);
INSERT INTO public.event VALUES ('asked', 'ssh_login', 'SSH login', 'ssh_login', 'medium', 'syslog', 1768479600000000, 1768478400000000, 1768479600000000, 'alice', 'bastion-1', '192.0.2.10', '{}', '', 0, 'person', 'U0ALICE', 'Alice', NULL, 'pending', 1, 1, false, false, 'asked', 2, 1768480200000000, NULL, 3, '{"awaited": [], "kind": "public", "network": null, "place": null, "reputations": [{"details": {}, "reason": null, "risk": null, "score": 90, "service": "Threat Jammer"}], "unavailable": {}}', '{"denied_from_address_at": "2026-01-15T12:01:00Z", "first_from_address": false, "first_from_country": false, "first_from_network": false, "first_of_person": false, "host_approved_at": "2026-01-15T12:00:00Z", "host_approved_user": "alice", "times_from_address": 2, "unusual_hour": false}', NULL, NULL, NULL, NULL, 0);
INSERT INTO public.expectation VALUES (2, 'grown', 'wazuh', 1768479000000000, 'waiting', NULL);
INSERT INTO public.expectation VALUES (3, 'denied', 'wazuh', 1768479000000000, 'waiting', NULL);
INSERT INTO public.expectation VALUES (4, 'halfway', 'wazuh', 1768479000000000, 'waiting', NULL);
INSERT INTO public.expectation VALUES (6, 'silent', 'wazuh', 1768479000000000, 'waiting', NULL);
INSERT INTO public.expectation VALUES (5, 'approved', 'wazuh', 1768479000000000, 'seen', NULL);
INSERT INTO public.expectation VALUES (1, 'asked', 'wazuh', 1768479000000000, 'missed', 1768479060000000);
INSERT INTO public.gap VALUES (1, 'logs', '1', '9', NULL, '{"min_id": "1"}', 1768478400000000, 0, NULL, NULL);
INSERT INTO public.inbox VALUES (1, 'syslog', 'r-asked', 1768478400000000, 1768479600000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (11, 'alerts', 'a-alone', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (2, 'syslog', 'r-grown', 1768478400000000, 1768480800000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (3, 'syslog', 'r-denied', 1768478400000000, 1768482000000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (4, 'syslog', 'r-halfway', 1768478400000000, 1768483200000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (12, 'syslog', 'q-1', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (5, 'syslog', 'r-approved', 1768478400000000, 1768484400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (6, 'syslog', 'r-silent', 1768478400000000, 1768485600000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (7, 'syslog', 'r-grown-2', 1768478400000000, 1768480860000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (13, 'syslog', 'q-2', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (8, 'alerts', 'a-approved', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (9, 'syslog', 'r-new', 1768478400000000, 1768490400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (10, 'syslog', 'r-bobs', 1768478400000000, 1768491600000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (14, 'syslog', 'c-1', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', NULL, 1, 1768478400000000);
INSERT INTO public.inbox VALUES (16, 'syslog', 'w-2', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'zoë \x00 \ud800', 'zoë \x00 \ud800', 0, NULL, '{}', NULL, 0, NULL);
INSERT INTO public.inbox VALUES (15, 'syslog', 'w-1', 1768478400000000, 1768478400000000, 'bastion-1', 'sshd', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, NULL, '{}', 1768478490000000, 1, NULL);
INSERT INTO public.notice VALUES (1, 'asked', 'first', 'D0ALICE', '1.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (2, 'grown', 'first', 'D0ALICE', '2.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (3, 'denied', 'first', 'D0ALICE', '3.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (4, 'halfway', 'first', 'D0ALICE', '4.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (5, 'approved', 'first', 'D0ALICE', '5.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (6, 'silent', 'first', 'D0ALICE', '6.1', 0, 1768478460000000, 1, 1, NULL);
INSERT INTO public.notice VALUES (8, 'asked', 'reminder', 'C0SECURITY', '9.2', 2, 1768478460000000, 1, 2, NULL);
INSERT INTO public.notice VALUES (7, 'asked', 'reminder', 'C0SECURITY', '9.1', 1, 1768478460000000, 1, 2, 1768478460000000);
INSERT INTO public.occurrence VALUES (1, 'asked', 'syslog', 'r-asked', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768479600000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (2, 'grown', 'syslog', 'r-grown', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768480800000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (3, 'denied', 'syslog', 'r-denied', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768482000000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (4, 'halfway', 'syslog', 'r-halfway', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768483200000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (5, 'approved', 'syslog', 'r-approved', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768484400000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (6, 'silent', 'syslog', 'r-silent', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768485600000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (7, 'grown', 'syslog', 'r-grown-2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768480860000000, 1768478400000000, 2, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (8, 'new', 'syslog', 'r-new', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768490400000000, 1768478400000000, 1, 0, 'ssh_login', 'alice', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.occurrence VALUES (9, 'bobs', 'syslog', 'r-bobs', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 1768491600000000, 1768478400000000, 1, 0, 'ssh_login', 'bob', 'bastion-1', '192.0.2.10', NULL);
INSERT INTO public.poll VALUES ('wazuh', 1768478400000000, NULL, 1768478460000000, 'one', NULL, 0, NULL, NULL, NULL, 1768478400000000, 0, NULL, NULL);
INSERT INTO public.quarantine VALUES (1, 'syslog', 'ssh_login', 'two addresses', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', '\x4163636570746564207075626c69636b657920666f7220616c6963652066726f6d203139322e302e322e313020706f72742035303030302073736832', 60, 1768478400000000, 1768478400000000);
INSERT INTO public.quarantine VALUES (2, 'syslog', NULL, 'judging broke: KeyError', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', '\x4163636570746564207075626c69636b657920666f7220616c6963652066726f6d203139322e302e322e313020706f72742035303030302073736832', 60, 1768478400000000, NULL);
INSERT INTO public.schema_migration VALUES (1, '0001_initial', '2026-11-25 20:49:55.968028');
INSERT INTO public.schema_migration VALUES (2, '0002_polling', '2026-11-25 20:49:56.012799');
INSERT INTO public.schema_migration VALUES (3, '0003_enrichment_cache', '2026-11-25 20:49:56.045258');
INSERT INTO public.schema_migration VALUES (4, '0004_event_facts', '2026-11-25 20:49:56.062262');
INSERT INTO public.schema_migration VALUES (5, '0005_origins', '2026-11-25 20:49:56.180852');
INSERT INTO public.schema_migration VALUES (6, '0006_backup', '2026-11-25 20:49:56.240766');
INSERT INTO public.schema_migration VALUES (7, '0007_gaps', '2026-11-25 20:49:56.296765');
INSERT INTO public.sighting VALUES (1, 'wazuh', 'alerts', 'a-approved', 'ssh_login', 'SSH login', 'ssh_login', 'medium', NULL, 'alice', 'bastion-1', '192.0.2.10', NULL, '{}', 'ssh_login|syslog|alice|bastion-1|192.0.2.10', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, 1768484400000000, 1768478400000000, true, 1768479000000000, 'matched', 5);
INSERT INTO public.sighting VALUES (2, 'wazuh', 'alerts', 'a-alone', 'ssh_login', 'SSH login', 'ssh_login', 'medium', NULL, 'carol', 'bastion-1', '192.0.2.10', NULL, '{}', 'ssh_login|syslog|alice|bastion-1|192.0.2.10', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 'Accepted publickey for alice from 192.0.2.10 port 50000 ssh2', 0, 1768478400000000, 1768478400000000, true, 1768479000000000, 'waiting', NULL);
INSERT INTO public.tally VALUES (1, '2026-01-15', 'ignored', 'noise', 1);
INSERT INTO public.telling VALUES (1, 'denied', 'audit_system', NULL, 1, 'waiting', 1768478460000000, NULL);
INSERT INTO public.telling VALUES (2, 'approved', 'wazuh', 1, 3, 'waiting', 1768478460000000, NULL);
INSERT INTO public.telling VALUES (3, 'approved', 'audit_system', NULL, 3, 'waiting', 1768478460000000, NULL);
SELECT pg_catalog.setval('public.audit_id_seq', 23, true);
SELECT pg_catalog.setval('public.backup_id_seq', 1, false);
SELECT pg_catalog.setval('public.decision_id_seq', 3, true);
SELECT pg_catalog.setval('public.delivery_id_seq', 26, true);
SELECT pg_catalog.setval('public.expectation_id_seq', 6, true);
SELECT pg_catalog.setval('public.gap_id_seq', 1, true);
SELECT pg_catalog.setval('public.inbox_id_seq', 16, true);
SELECT pg_catalog.setval('public.notice_id_seq', 8, true);
SELECT pg_catalog.setval('public.occurrence_id_seq', 9, true);
SELECT pg_catalog.setval('public.quarantine_id_seq', 2, true);
SELECT pg_catalog.setval('public.schema_migration_id_seq', 7, true);
SELECT pg_catalog.setval('public.sighting_id_seq', 2, true);
SELECT pg_catalog.setval('public.tally_id_seq', 1, true);
SELECT pg_catalog.setval('public.telling_id_seq', 3, true);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.backup
    ADD CONSTRAINT backup_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_uid_key UNIQUE (uid);
ALTER TABLE ONLY public.enrichment_cache
    ADD CONSTRAINT enrichment_cache_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.expectation
    ADD CONSTRAINT expectation_event_id_origin_key UNIQUE (event_id, origin);
ALTER TABLE ONLY public.expectation
    ADD CONSTRAINT expectation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.gap
    ADD CONSTRAINT gap_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.heard
    ADD CONSTRAINT heard_pkey PRIMARY KEY (source);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_source_record_id_key UNIQUE (source, record_id);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_channel_ts_event_id_key UNIQUE (channel, ts, event_id);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT occurrence_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT occurrence_source_record_id_key UNIQUE (source, record_id);
ALTER TABLE ONLY public.people_cache
    ADD CONSTRAINT people_cache_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.poll
    ADD CONSTRAINT poll_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.service_calls
    ADD CONSTRAINT service_calls_pkey PRIMARY KEY (service, period);
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_source_record_id_key UNIQUE (source, record_id);
ALTER TABLE ONLY public.tally
    ADD CONSTRAINT tally_day_verdict_name_key UNIQUE (day, verdict, name);
ALTER TABLE ONLY public.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.telling
    ADD CONSTRAINT telling_pkey PRIMARY KEY (id);
CREATE INDEX audit_event ON public.audit USING btree (event_id);
CREATE INDEX backup_event ON public.backup USING btree (event_id);
CREATE INDEX backup_undigested ON public.backup USING btree (channel) WHERE (digest_at IS NULL);
CREATE INDEX decision_event ON public.decision USING btree (event_id);
CREATE INDEX delivery_backed_up ON public.delivery USING btree (id) WHERE (((state)::text = 'waiting'::text) AND (backed_up_at IS NOT NULL));
CREATE INDEX delivery_message ON public.delivery USING btree (channel, ts) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX delivery_waiting ON public.delivery USING btree (priority, due_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX enrichment_cache_expires ON public.enrichment_cache USING btree (expires_at);
CREATE INDEX event_due ON public.event USING btree (next_reminder_at) WHERE (next_reminder_at IS NOT NULL);
CREATE INDEX event_facts_due ON public.event USING btree (facts_due_at) WHERE (facts_due_at IS NOT NULL);
CREATE INDEX event_host ON public.event USING btree (host_name, received_at);
CREATE INDEX event_ip ON public.event USING btree (source_ip, received_at);
CREATE UNIQUE INDEX event_open ON public.event USING btree (fold_key) WHERE ((status)::text = 'pending'::text);
CREATE INDEX event_received ON public.event USING btree (received_at);
CREATE INDEX event_status ON public.event USING btree (status, received_at);
CREATE INDEX event_subject ON public.event USING btree (subject_slack_id, received_at);
CREATE INDEX event_user ON public.event USING btree (user_name, received_at);
CREATE INDEX event_user_ip ON public.event USING btree (user_name, source_ip, received_at);
CREATE INDEX expectation_due ON public.expectation USING btree (due_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX expectation_told ON public.expectation USING btree (told_at) WHERE (told_at IS NOT NULL);
CREATE INDEX expectation_untold ON public.expectation USING btree (id) WHERE (((state)::text = 'missed'::text) AND (told_at IS NULL));
CREATE INDEX gap_due ON public.gap USING btree (due_at) WHERE (done_at IS NULL);
CREATE UNIQUE INDEX gap_once ON public.gap USING btree (source, min_id, max_id);
CREATE INDEX inbox_judged ON public.inbox USING btree (judged_at) WHERE (judged_at IS NOT NULL);
CREATE INDEX inbox_waiting ON public.inbox USING btree (id) WHERE (judged_at IS NULL);
CREATE INDEX notice_event ON public.notice USING btree (event_id);
CREATE INDEX occurrence_event ON public.occurrence USING btree (event_id, revision);
CREATE INDEX occurrence_near ON public.occurrence USING btree (event_action, user_name, occurred_at);
CREATE INDEX quarantine_untold ON public.quarantine USING btree (id) WHERE (told_at IS NULL);
CREATE UNIQUE INDEX schema_migration_name ON public.schema_migration USING btree (name);
CREATE INDEX sighting_due ON public.sighting USING btree (due_at) WHERE ((state)::text = 'waiting'::text);
CREATE INDEX sighting_near ON public.sighting USING btree (event_action, user_name, occurred_at);
CREATE INDEX sighting_occurrence ON public.sighting USING btree (occurrence_id);
CREATE INDEX telling_event ON public.telling USING btree (event_id);
CREATE INDEX telling_failed ON public.telling USING btree (origin) WHERE ((state)::text = 'failed'::text);
CREATE INDEX telling_sighting ON public.telling USING btree (sighting_id);
CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.audit_append_only();
ALTER TABLE ONLY public.backup
    ADD CONSTRAINT backup_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.decision
    ADD CONSTRAINT decision_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.expectation
    ADD CONSTRAINT expectation_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.occurrence
    ADD CONSTRAINT occurrence_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_occurrence_id_fkey FOREIGN KEY (occurrence_id) REFERENCES public.occurrence(id);
ALTER TABLE ONLY public.telling
    ADD CONSTRAINT telling_decision_id_fkey FOREIGN KEY (decision_id) REFERENCES public.decision(id);
ALTER TABLE ONLY public.telling
    ADD CONSTRAINT telling_event_id_fkey FOREIGN KEY (event_id) REFERENCES public.event(id);
ALTER TABLE ONLY public.telling
    ADD CONSTRAINT telling_sighting_id_fkey FOREIGN KEY (sighting_id) REFERENCES public.sighting(id);
