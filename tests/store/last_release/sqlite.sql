BEGIN TRANSACTION;
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at BIGINT NOT NULL, action VARCHAR(255) NOT NULL, event_id VARCHAR(255),
    actor_id VARCHAR(255), detail TEXT NOT NULL, previous_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL UNIQUE);
INSERT INTO "audit" VALUES(1,1768478400000000,'event_opened','asked',NULL,'{"record_id": "r-asked", "rule": "ssh_login", "source": "syslog", "subject": "person"}','0000000000000000000000000000000000000000000000000000000000000000','7403c909242d3b3f400c2ef252db655188f92755ce826e4d7b678ca9bdc9eded');
INSERT INTO "audit" VALUES(2,1768478460000000,'notice_posted','asked',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "1.1"}','7403c909242d3b3f400c2ef252db655188f92755ce826e4d7b678ca9bdc9eded','d84903937bdcaec5f4184f10858204a42015c5ba600105473ce8104e20adb5c4');
INSERT INTO "audit" VALUES(3,1768478400000000,'event_opened','grown',NULL,'{"record_id": "r-grown", "rule": "ssh_login", "source": "syslog", "subject": "person"}','d84903937bdcaec5f4184f10858204a42015c5ba600105473ce8104e20adb5c4','4f91304eb31ca167cf281ac00503da808a758322b4436d708183ad6c4db49e0c');
INSERT INTO "audit" VALUES(4,1768478460000000,'notice_posted','grown',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "2.1"}','4f91304eb31ca167cf281ac00503da808a758322b4436d708183ad6c4db49e0c','51a64a618d7fdda026675c94dba5d5d216dae32f0ff88416d88f967939a20966');
INSERT INTO "audit" VALUES(5,1768478400000000,'event_opened','denied',NULL,'{"record_id": "r-denied", "rule": "ssh_login", "source": "syslog", "subject": "person"}','51a64a618d7fdda026675c94dba5d5d216dae32f0ff88416d88f967939a20966','d3ae9fb72edb72fbf7da2dea1cc934f7f76f8aa4e1fe5289efc544dac4d83aac');
INSERT INTO "audit" VALUES(6,1768478460000000,'notice_posted','denied',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "3.1"}','d3ae9fb72edb72fbf7da2dea1cc934f7f76f8aa4e1fe5289efc544dac4d83aac','4a80b8b48d2f4db3527f8fe81bac8f9f6eef4e67a27b4c955485d838445e91a4');
INSERT INTO "audit" VALUES(7,1768478400000000,'event_opened','halfway',NULL,'{"record_id": "r-halfway", "rule": "ssh_login", "source": "syslog", "subject": "person"}','4a80b8b48d2f4db3527f8fe81bac8f9f6eef4e67a27b4c955485d838445e91a4','6142840a66b5535cf155c445b6c11e9fe31f19ade3b35da1bec1ddc511e8eb61');
INSERT INTO "audit" VALUES(8,1768478460000000,'notice_posted','halfway',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "4.1"}','6142840a66b5535cf155c445b6c11e9fe31f19ade3b35da1bec1ddc511e8eb61','d4e4143bf19e068462614d3d2a95ead8fd2e3e864c99123a8127f0fbdb02b2ae');
INSERT INTO "audit" VALUES(9,1768478400000000,'event_opened','approved',NULL,'{"record_id": "r-approved", "rule": "ssh_login", "source": "syslog", "subject": "person"}','d4e4143bf19e068462614d3d2a95ead8fd2e3e864c99123a8127f0fbdb02b2ae','9d761b4d1ac9b0d9390d808e407acae87fd5e8248e4bca90344ae8ea9b419538');
INSERT INTO "audit" VALUES(10,1768478460000000,'notice_posted','approved',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "5.1"}','9d761b4d1ac9b0d9390d808e407acae87fd5e8248e4bca90344ae8ea9b419538','4038b76cb0d681e569d531f0f3b8df957567507bd97db5422492cc1c05983a4b');
INSERT INTO "audit" VALUES(11,1768478400000000,'event_opened','silent',NULL,'{"record_id": "r-silent", "rule": "ssh_login", "source": "syslog", "subject": "person"}','4038b76cb0d681e569d531f0f3b8df957567507bd97db5422492cc1c05983a4b','75b8c03b97aef972a74334c3c467710229d7e69afbdd9584c9a8e2a15feb9e23');
INSERT INTO "audit" VALUES(12,1768478460000000,'notice_posted','silent',NULL,'{"channel": "D0ALICE", "kind": "first", "revision": 1, "ts": "6.1"}','75b8c03b97aef972a74334c3c467710229d7e69afbdd9584c9a8e2a15feb9e23','dca940960861c34e92f4632229247805870767099e926affb08dd2f2f52ef8f4');
INSERT INTO "audit" VALUES(13,1768478400000000,'occurrence_joined','grown',NULL,'{"record_id": "r-grown-2", "revision": 2}','dca940960861c34e92f4632229247805870767099e926affb08dd2f2f52ef8f4','cf1d8f5ef5d5614d1aa57c134f92aec2707d6e34a9ae14a1f8212c3d8a70e1fc');
INSERT INTO "audit" VALUES(14,1768478460000000,'decided','denied','U0ALICE','{"reason": "not me", "revision": 1, "status": "denied", "verdict": "deny", "via": "button"}','cf1d8f5ef5d5614d1aa57c134f92aec2707d6e34a9ae14a1f8212c3d8a70e1fc','7942e1f8c07bde53a2e056e512aa99396b26a61d5f335a5be41cca3159242c09');
INSERT INTO "audit" VALUES(15,1768478460000000,'decided','halfway','U0ALICE','{"reason": null, "revision": 1, "status": "half_approved", "verdict": "approve", "via": "button"}','7942e1f8c07bde53a2e056e512aa99396b26a61d5f335a5be41cca3159242c09','d8bd3fa3a54ee7a75086317268b2f05c524b9f740858a114e0030e83dad0049a');
INSERT INTO "audit" VALUES(16,1768478400000000,'origin_saw','approved',NULL,'{"origin": "wazuh", "record_id": "a-approved"}','d8bd3fa3a54ee7a75086317268b2f05c524b9f740858a114e0030e83dad0049a','aab7fba10e8e481bd2f57ab7ea0851aec1412b1b7a1d4736aec686e25d55059a');
INSERT INTO "audit" VALUES(17,1768478460000000,'decided','approved','U0ALICE','{"reason": null, "revision": 1, "status": "approved", "verdict": "approve", "via": "button"}','aab7fba10e8e481bd2f57ab7ea0851aec1412b1b7a1d4736aec686e25d55059a','68208d23eed3b032cbe5d0ccecdb202df3e80c26517390a28acca16b57603d40');
INSERT INTO "audit" VALUES(18,1768478400000000,'event_opened','new',NULL,'{"record_id": "r-new", "rule": "ssh_login", "source": "syslog", "subject": "person"}','68208d23eed3b032cbe5d0ccecdb202df3e80c26517390a28acca16b57603d40','9f907f55d85cbd446f7362c8db118089967ef0d07f8bc31390e84b2ebbfaf600');
INSERT INTO "audit" VALUES(19,1768478400000000,'event_opened','bobs',NULL,'{"record_id": "r-bobs", "rule": "ssh_login", "source": "syslog", "subject": "person"}','9f907f55d85cbd446f7362c8db118089967ef0d07f8bc31390e84b2ebbfaf600','8b4d7656edde6c751ee1261f5fa140580ff60e1cc6b7cc34c4af834eee26ce16');
INSERT INTO "audit" VALUES(20,1768478460000000,'notice_posted','asked',NULL,'{"channel": "C0SECURITY", "kind": "reminder", "revision": 1, "ts": "9.1"}','8b4d7656edde6c751ee1261f5fa140580ff60e1cc6b7cc34c4af834eee26ce16','630c6811f4a9adf0dbc9b69fd4951bf1c5946a90f864190b2d3956116a946086');
INSERT INTO "audit" VALUES(21,1768478460000000,'notice_posted','asked',NULL,'{"channel": "C0SECURITY", "kind": "reminder", "revision": 1, "ts": "9.2"}','630c6811f4a9adf0dbc9b69fd4951bf1c5946a90f864190b2d3956116a946086','65c53bf24173b6b8f732fe3d8cfe772221dde24ad9220e478316d6521b8553aa');
INSERT INTO "audit" VALUES(22,1768479060000000,'origin_did_not_see','asked',NULL,'{"origin": "wazuh"}','65c53bf24173b6b8f732fe3d8cfe772221dde24ad9220e478316d6521b8553aa','9fe52fd3fda818f7dde54be96c94a55f852c22fd1a79d65aabc25e2da1199492');
INSERT INTO "audit" VALUES(23,1768478400000000,'quarantine_told',NULL,NULL,'{"count": 1, "newest_id": 1}','9fe52fd3fda818f7dde54be96c94a55f852c22fd1a79d65aabc25e2da1199492','9dc6857d9fa66903e5eb46d0f8afd66a72d29fed7862071372c47e880c2054fd');
CREATE TABLE backup (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), channel VARCHAR(255) NOT NULL,
        sent_at BIGINT NOT NULL, digest_at BIGINT);
CREATE TABLE decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), verdict VARCHAR(255) NOT NULL,
    actor_id VARCHAR(255) NOT NULL, actor_name TEXT NOT NULL, at BIGINT NOT NULL, via VARCHAR(255) NOT NULL,
    revision INTEGER NOT NULL, reason TEXT);
INSERT INTO "decision" VALUES(1,'denied','deny','U0ALICE','Alice',1768478460000000,'button',1,'not me');
INSERT INTO "decision" VALUES(2,'halfway','approve','U0ALICE','Alice',1768478460000000,'button',1,NULL);
INSERT INTO "decision" VALUES(3,'approved','approve','U0ALICE','Alice',1768478460000000,'button',1,NULL);
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid VARCHAR(255) NOT NULL UNIQUE, kind VARCHAR(255) NOT NULL, lane VARCHAR(255) NOT NULL,
    priority INTEGER NOT NULL, channel VARCHAR(255) NOT NULL, ts VARCHAR(255), event_ids TEXT NOT NULL,
    payload TEXT, due_at BIGINT NOT NULL, leased_until BIGINT, attempts INTEGER NOT NULL DEFAULT 0,
    attempted_at BIGINT, state VARCHAR(255) NOT NULL DEFAULT 'waiting', error TEXT,
    created_at BIGINT NOT NULL, done_at BIGINT, backed_up_at BIGINT);
INSERT INTO "delivery" VALUES(1,'2d2d96e8d5468fa8a3dc','first','U0ALICE',0,'U0ALICE',NULL,'["asked"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(2,'d6df519c9e967747acbc','first','U0ALICE',0,'U0ALICE',NULL,'["grown"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(3,'8bddc1bfc3f1cd4d1a59','first','U0ALICE',0,'U0ALICE',NULL,'["denied"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(4,'1fb43d84c82a16a1c9a9','first','U0ALICE',0,'U0ALICE',NULL,'["halfway"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(5,'83f0557ac89af86ae46b','first','U0ALICE',0,'U0ALICE',NULL,'["approved"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(6,'1552884c4e3cf2fca3f5','first','U0ALICE',0,'U0ALICE',NULL,'["silent"]',NULL,1768478400000000,NULL,1,1768482000000000,'done',NULL,1768478400000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(7,'b75ef6134d60c0cc77be','update','updates',2,'D0ALICE','2.1','[]',NULL,1768478400000000,NULL,0,NULL,'waiting',NULL,1768478400000000,NULL,NULL);
INSERT INTO "delivery" VALUES(8,'e62cacd4ae7b4235c8b7','origin','origin audit_system',1,'audit_system',NULL,'["denied"]','{"telling": 1}',1768478400000000,NULL,2,NULL,'waiting','not yet',1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(9,'9a22c35073413ad7afe8','update','updates',2,'D0ALICE','3.1','[]',NULL,1768478460000000,NULL,0,NULL,'waiting',NULL,1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(10,'bde572cfab7a0bda5c52','outcome','C0SECURITY',0,'C0SECURITY',NULL,'["denied"]',NULL,1768478400000000,NULL,2,NULL,'waiting','not yet',1768478460000000,NULL,1768478700000000);
INSERT INTO "delivery" VALUES(11,'553ca8f26d3444164cb1','update','updates',2,'D0ALICE','4.1','[]',NULL,1768478460000000,NULL,0,NULL,'waiting',NULL,1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(12,'11a91f658d4c760d733f','update','updates',2,'D0ALICE','5.1','[]',NULL,1768478400000000,NULL,0,NULL,'waiting',NULL,1768478400000000,NULL,NULL);
INSERT INTO "delivery" VALUES(13,'762eed348e5a01e7804c','origin','origin wazuh',1,'wazuh',NULL,'["approved"]','{"telling": 2}',1768478400000000,NULL,2,NULL,'waiting','not yet',1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(14,'43fb1349d25b8721fa19','origin','origin audit_system',1,'audit_system',NULL,'["approved"]','{"telling": 3}',1768478400000000,NULL,2,NULL,'waiting','not yet',1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(15,'724bfdef5bac8b80f73a','first','U0ALICE',0,'U0ALICE',NULL,'["new"]',NULL,1768478400000000,NULL,2,NULL,'waiting','not yet',1768478400000000,NULL,1768478700000000);
INSERT INTO "delivery" VALUES(16,'85a85878d4a3b7f452c3','first','U0ALICE',0,'U0ALICE',NULL,'["bobs"]',NULL,1768478400000000,NULL,2,NULL,'waiting','not yet',1768478400000000,NULL,1768478700000000);
INSERT INTO "delivery" VALUES(17,'f324342ebba3494a5a40','update','updates',2,'D0ALICE','1.1','[]',NULL,1768478460000000,NULL,0,NULL,'waiting',NULL,1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(18,'3835bcbcd751f8d461f1','reminder','C0SECURITY',1,'C0SECURITY',NULL,'["asked"]','{"numbers": {"asked": 1}}',1768479000000000,NULL,1,1768482000000000,'done',NULL,1768479000000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(19,'11d13f451bb3bbcf608d','reminder','C0SECURITY',1,'C0SECURITY',NULL,'["asked"]','{"numbers": {"asked": 2}}',1768479600000000,NULL,1,1768482000000000,'done',NULL,1768479600000000,1768478460000000,NULL);
INSERT INTO "delivery" VALUES(20,'a8eb8bcf9cd1ad284c51','remove','updates',3,'C0SECURITY','9.1','[]',NULL,1768478460000000,NULL,0,NULL,'waiting',NULL,1768478460000000,NULL,NULL);
INSERT INTO "delivery" VALUES(21,'fe403f708b88f3308545','reminder','C0SECURITY',1,'C0SECURITY',NULL,'["grown", "silent"]','{"numbers": {"grown": 1, "silent": 1}}',1768479000000000,NULL,0,NULL,'waiting',NULL,1768479000000000,NULL,NULL);
INSERT INTO "delivery" VALUES(22,'183cbec400940773a840','update','updates',2,'C0SECURITY','9.2','[]',NULL,1768479060000000,NULL,0,NULL,'waiting',NULL,1768479060000000,NULL,NULL);
INSERT INTO "delivery" VALUES(23,'8e119a194e445acfbb3a','note','C0SECURITY',1,'C0SECURITY',NULL,'[]','{"lines": ["SSH login as alice on bastion-1, 2026-01-15 12:20:00 UTC, event asked"], "title": "The HIDS wazuh did not see an event that the log pipeline told of"}',1768479060000000,NULL,0,NULL,'waiting',NULL,1768479060000000,NULL,NULL);
INSERT INTO "delivery" VALUES(24,'6d476c6c50ed7f3e04ac','quarantine','C0SECURITY',1,'C0SECURITY',NULL,'[]','{"count": 1, "reasons": {"two addresses": 1}, "samples": ["Accepted publickey for alice from 192.0.2.10 port 50000 ssh2"], "since": "2026-01-15T12:00:00+00:00", "sources": {"syslog": 1}}',1768478400000000,NULL,0,NULL,'waiting',NULL,1768478400000000,NULL,NULL);
INSERT INTO "delivery" VALUES(25,'f58dc84fba0c611d9422','backup','backup mail',0,'mail',NULL,'[]','{"deliveries": [10, 15, 16]}',1768478700000000,NULL,0,NULL,'waiting',NULL,1768478700000000,NULL,NULL);
INSERT INTO "delivery" VALUES(26,'e5c81c755b946ca15c27','note','C0SECURITY',1,'C0SECURITY',NULL,'[]','{"lines": ["no answer"], "title": "The poll wazuh fails"}',1768478400000000,NULL,0,NULL,'waiting',NULL,1768478400000000,NULL,NULL);
CREATE TABLE enrichment_cache (
    key VARCHAR(255) PRIMARY KEY, value TEXT NOT NULL, fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL);
CREATE TABLE event (
    id VARCHAR(255) PRIMARY KEY, rule VARCHAR(255) NOT NULL, title TEXT NOT NULL,
    event_action VARCHAR(255) NOT NULL, severity VARCHAR(255) NOT NULL, source VARCHAR(255) NOT NULL,
    occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL, last_occurred_at BIGINT NOT NULL,
    user_name TEXT, host_name TEXT, source_ip TEXT, fields TEXT NOT NULL, message TEXT NOT NULL,
    cut INTEGER NOT NULL, subject_kind VARCHAR(255) NOT NULL,
    subject_slack_id VARCHAR(255), subject_name TEXT, subject_team TEXT,
    status VARCHAR(255) NOT NULL, revision INTEGER NOT NULL,
    occurrences INTEGER NOT NULL, requires_reason BOOLEAN NOT NULL, requires_second_person BOOLEAN NOT NULL,
    fold_key TEXT NOT NULL, reminders INTEGER NOT NULL, next_reminder_at BIGINT, decided_at BIGINT,
    version INTEGER NOT NULL DEFAULT 1, facts TEXT, past TEXT, severity_reason TEXT, as_number BIGINT, country_code VARCHAR(2), facts_due_at BIGINT, facts_tries INTEGER NOT NULL DEFAULT 0);
INSERT INTO "event" VALUES('asked','ssh_login','SSH login','ssh_login','medium','syslog',1768479600000000,1768478400000000,1768479600000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'pending',1,1,0,0,'asked',2,1768480200000000,NULL,3,'{"awaited": [], "kind": "public", "network": null, "place": null, "reputations": [{"details": {}, "reason": null, "risk": null, "score": 90, "service": "Threat Jammer"}], "unavailable": {}}','{"denied_from_address_at": "2026-01-15T12:01:00Z", "first_from_address": false, "first_from_country": false, "first_from_network": false, "first_of_person": false, "host_approved_at": "2026-01-15T12:00:00Z", "host_approved_user": "alice", "times_from_address": 2, "unusual_hour": false}',NULL,NULL,NULL,NULL,0);
INSERT INTO "event" VALUES('grown','ssh_login','SSH login','ssh_login','medium','syslog',1768480800000000,1768478400000000,1768480860000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'pending',2,2,0,0,'grown',1,1768480800000000,NULL,2,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('denied','ssh_login','SSH login','ssh_login','medium','syslog',1768482000000000,1768478400000000,1768482000000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'denied',1,1,0,0,'denied',0,1768480200000000,1768478460000000,2,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('halfway','ssh_login','SSH login','ssh_login','medium','syslog',1768483200000000,1768478400000000,1768483200000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'half_approved',1,1,0,0,'halfway',0,1768480200000000,1768478460000000,2,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('approved','ssh_login','SSH login','ssh_login','medium','syslog',1768484400000000,1768478400000000,1768484400000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'approved',1,1,0,0,'approved',0,NULL,1768478460000000,3,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('silent','ssh_login','SSH login','ssh_login','medium','syslog',1768485600000000,1768478400000000,1768485600000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'pending',1,1,0,0,'silent',1,1768480800000000,NULL,1,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('new','ssh_login','SSH login','ssh_login','medium','syslog',1768490400000000,1768478400000000,1768490400000000,'alice','bastion-1','192.0.2.10','{}','',0,'person','U0ALICE','Alice',NULL,'pending',1,1,0,0,'new',0,1768479000000000,NULL,1,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
INSERT INTO "event" VALUES('bobs','ssh_login','SSH login','ssh_login','high','syslog',1768491600000000,1768478400000000,1768491600000000,'bob','bastion-1','192.0.2.10','{}','',0,'person','U0BOB','Bob',NULL,'pending',1,1,0,0,'bobs',0,1768479000000000,NULL,1,NULL,NULL,NULL,NULL,NULL,1768478400000000,0);
CREATE TABLE expectation (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), origin VARCHAR(255) NOT NULL,
        due_at BIGINT NOT NULL, state VARCHAR(255) NOT NULL, told_at BIGINT, UNIQUE (event_id, origin));
INSERT INTO "expectation" VALUES(1,'asked','wazuh',1768479000000000,'missed',1768479060000000);
INSERT INTO "expectation" VALUES(2,'grown','wazuh',1768479000000000,'waiting',NULL);
INSERT INTO "expectation" VALUES(3,'denied','wazuh',1768479000000000,'waiting',NULL);
INSERT INTO "expectation" VALUES(4,'halfway','wazuh',1768479000000000,'waiting',NULL);
INSERT INTO "expectation" VALUES(5,'approved','wazuh',1768479000000000,'seen',NULL);
INSERT INTO "expectation" VALUES(6,'silent','wazuh',1768479000000000,'waiting',NULL);
CREATE TABLE gap (
        id INTEGER PRIMARY KEY AUTOINCREMENT, source VARCHAR(255) NOT NULL, min_id VARCHAR(255) NOT NULL, max_id VARCHAR(255) NOT NULL,
        query TEXT, cursor TEXT NOT NULL, due_at BIGINT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        told_at BIGINT, done_at BIGINT);
INSERT INTO "gap" VALUES(1,'logs','1','9',NULL,'{"min_id": "1"}',1768478400000000,0,NULL,NULL);
CREATE TABLE heard (source VARCHAR(255) PRIMARY KEY, heard_at BIGINT NOT NULL, silent_told_at BIGINT);
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source VARCHAR(255) NOT NULL, record_id TEXT NOT NULL, received_at BIGINT NOT NULL,
    occurred_at BIGINT, host_name TEXT, program TEXT, message TEXT NOT NULL, raw TEXT NOT NULL,
    cut INTEGER NOT NULL, facility TEXT, trusted TEXT, leased_until BIGINT,
    attempts INTEGER NOT NULL DEFAULT 0, judged_at BIGINT, UNIQUE (source, record_id));
INSERT INTO "inbox" VALUES(1,'syslog','r-asked',1768478400000000,1768479600000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(2,'syslog','r-grown',1768478400000000,1768480800000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(3,'syslog','r-denied',1768478400000000,1768482000000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(4,'syslog','r-halfway',1768478400000000,1768483200000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(5,'syslog','r-approved',1768478400000000,1768484400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(6,'syslog','r-silent',1768478400000000,1768485600000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(7,'syslog','r-grown-2',1768478400000000,1768480860000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(8,'alerts','a-approved',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(9,'syslog','r-new',1768478400000000,1768490400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(10,'syslog','r-bobs',1768478400000000,1768491600000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(11,'alerts','a-alone',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(12,'syslog','q-1',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(13,'syslog','q-2',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(14,'syslog','c-1',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',NULL,1,1768478400000000);
INSERT INTO "inbox" VALUES(15,'syslog','w-1',1768478400000000,1768478400000000,'bastion-1','sshd','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,NULL,'{}',1768478490000000,1,NULL);
INSERT INTO "inbox" VALUES(16,'syslog','w-2',1768478400000000,1768478400000000,'bastion-1','sshd','zoë \x00 \ud800','zoë \x00 \ud800',0,NULL,'{}',NULL,0,NULL);
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), kind VARCHAR(255) NOT NULL,
    channel VARCHAR(255) NOT NULL, ts VARCHAR(255) NOT NULL, reminder INTEGER NOT NULL,
    posted_at BIGINT NOT NULL, shown_revision INTEGER NOT NULL, shown_version INTEGER NOT NULL,
    removed_at BIGINT, UNIQUE (channel, ts, event_id));
INSERT INTO "notice" VALUES(1,'asked','first','D0ALICE','1.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(2,'grown','first','D0ALICE','2.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(3,'denied','first','D0ALICE','3.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(4,'halfway','first','D0ALICE','4.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(5,'approved','first','D0ALICE','5.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(6,'silent','first','D0ALICE','6.1',0,1768478460000000,1,1,NULL);
INSERT INTO "notice" VALUES(7,'asked','reminder','C0SECURITY','9.1',1,1768478460000000,1,2,1768478460000000);
INSERT INTO "notice" VALUES(8,'asked','reminder','C0SECURITY','9.2',2,1768478460000000,1,2,NULL);
CREATE TABLE occurrence (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), source VARCHAR(255) NOT NULL,
    record_id TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL, occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL, revision INTEGER NOT NULL, cut INTEGER NOT NULL, event_action VARCHAR(255), user_name TEXT, host_name TEXT, source_ip TEXT, source_port TEXT, UNIQUE (source, record_id));
INSERT INTO "occurrence" VALUES(1,'asked','syslog','r-asked','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768479600000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(2,'grown','syslog','r-grown','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768480800000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(3,'denied','syslog','r-denied','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768482000000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(4,'halfway','syslog','r-halfway','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768483200000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(5,'approved','syslog','r-approved','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768484400000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(6,'silent','syslog','r-silent','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768485600000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(7,'grown','syslog','r-grown-2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768480860000000,1768478400000000,2,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(8,'new','syslog','r-new','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768490400000000,1768478400000000,1,0,'ssh_login','alice','bastion-1','192.0.2.10',NULL);
INSERT INTO "occurrence" VALUES(9,'bobs','syslog','r-bobs','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',1768491600000000,1768478400000000,1,0,'ssh_login','bob','bastion-1','192.0.2.10',NULL);
CREATE TABLE people_cache (key VARCHAR(255) PRIMARY KEY, value TEXT NOT NULL, fetched_at BIGINT NOT NULL);
CREATE TABLE poll (
        name VARCHAR(255) PRIMARY KEY, since BIGINT NOT NULL, cursor TEXT, next_at BIGINT NOT NULL,
        owner VARCHAR(255), leased_until BIGINT, failures INTEGER NOT NULL DEFAULT 0, failing_since BIGINT,
        failing_told_at BIGINT, error TEXT, succeeded_at BIGINT, behind_count INTEGER NOT NULL DEFAULT 0,
        behind_from BIGINT, behind_to BIGINT);
INSERT INTO "poll" VALUES('wazuh',1768478400000000,NULL,1768478460000000,'one',NULL,0,NULL,NULL,NULL,1768478400000000,0,NULL,NULL);
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY AUTOINCREMENT, source VARCHAR(255) NOT NULL, rule VARCHAR(255), reason TEXT NOT NULL,
    message TEXT NOT NULL, body BLOB NOT NULL, size INTEGER NOT NULL, at BIGINT NOT NULL, told_at BIGINT);
INSERT INTO "quarantine" VALUES(1,'syslog','ssh_login','two addresses','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',X'4163636570746564207075626C69636B657920666F7220616C6963652066726F6D203139322E302E322E313020706F72742035303030302073736832',60,1768478400000000,1768478400000000);
INSERT INTO "quarantine" VALUES(2,'syslog',NULL,'judging broke: KeyError','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',X'4163636570746564207075626C69636B657920666F7220616C6963652066726F6D203139322E302E322E313020706F72742035303030302073736832',60,1768478400000000,NULL);
CREATE TABLE "schema_migration" ("id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(255) NOT NULL, "applied" DATETIME NOT NULL);
INSERT INTO "schema_migration" VALUES(1,'0001_initial','2026-11-25 20:49:46.698128');
INSERT INTO "schema_migration" VALUES(2,'0002_polling','2026-11-25 20:49:46.710436');
INSERT INTO "schema_migration" VALUES(3,'0003_enrichment_cache','2026-11-25 20:49:46.712186');
INSERT INTO "schema_migration" VALUES(4,'0004_event_facts','2026-11-25 20:49:46.717354');
INSERT INTO "schema_migration" VALUES(5,'0005_origins','2026-11-25 20:49:46.737805');
INSERT INTO "schema_migration" VALUES(6,'0006_backup','2026-11-25 20:49:46.752763');
INSERT INTO "schema_migration" VALUES(7,'0007_gaps','2026-11-25 20:49:46.775048');
CREATE TABLE service_calls (
    service VARCHAR(255) NOT NULL, period VARCHAR(255) NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (service, period));
CREATE TABLE sighting (
        id INTEGER PRIMARY KEY AUTOINCREMENT, origin VARCHAR(255) NOT NULL, source VARCHAR(255) NOT NULL, record_id TEXT NOT NULL,
        rule VARCHAR(255) NOT NULL, title TEXT NOT NULL, event_action VARCHAR(255) NOT NULL,
        severity VARCHAR(255) NOT NULL, severity_reason TEXT,
        user_name TEXT, host_name TEXT, source_ip TEXT, source_port TEXT,
        fields TEXT NOT NULL, fold_key TEXT NOT NULL, message TEXT NOT NULL, raw TEXT NOT NULL,
        cut INTEGER NOT NULL, occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
        tells BOOLEAN NOT NULL,
        due_at BIGINT NOT NULL, state VARCHAR(255) NOT NULL, occurrence_id BIGINT REFERENCES occurrence (id),
        UNIQUE (source, record_id));
INSERT INTO "sighting" VALUES(1,'wazuh','alerts','a-approved','ssh_login','SSH login','ssh_login','medium',NULL,'alice','bastion-1','192.0.2.10',NULL,'{}','ssh_login|syslog|alice|bastion-1|192.0.2.10','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,1768484400000000,1768478400000000,1,1768479000000000,'matched',5);
INSERT INTO "sighting" VALUES(2,'wazuh','alerts','a-alone','ssh_login','SSH login','ssh_login','medium',NULL,'carol','bastion-1','192.0.2.10',NULL,'{}','ssh_login|syslog|alice|bastion-1|192.0.2.10','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2','Accepted publickey for alice from 192.0.2.10 port 50000 ssh2',0,1768478400000000,1768478400000000,1,1768479000000000,'waiting',NULL);
CREATE TABLE tally (
    id INTEGER PRIMARY KEY AUTOINCREMENT, day VARCHAR(10) NOT NULL, verdict VARCHAR(255) NOT NULL, name VARCHAR(255) NOT NULL,
    count INTEGER NOT NULL, UNIQUE (day, verdict, name));
INSERT INTO "tally" VALUES(1,'2026-01-15','ignored','noise',1);
CREATE TABLE telling (
        id INTEGER PRIMARY KEY AUTOINCREMENT, event_id VARCHAR(255) NOT NULL REFERENCES event (id), origin VARCHAR(255) NOT NULL,
        sighting_id BIGINT REFERENCES sighting (id), decision_id BIGINT NOT NULL REFERENCES decision (id),
        state VARCHAR(255) NOT NULL, at BIGINT NOT NULL, error TEXT);
INSERT INTO "telling" VALUES(1,'denied','audit_system',NULL,1,'waiting',1768478460000000,NULL);
INSERT INTO "telling" VALUES(2,'approved','wazuh',1,3,'waiting',1768478460000000,NULL);
INSERT INTO "telling" VALUES(3,'approved','audit_system',NULL,3,'waiting',1768478460000000,NULL);
CREATE UNIQUE INDEX "schema_migration_name" ON "schema_migration" ("name");
CREATE INDEX inbox_waiting ON inbox (id) WHERE judged_at IS NULL;
CREATE INDEX inbox_judged ON inbox (judged_at) WHERE judged_at IS NOT NULL;
CREATE UNIQUE INDEX event_open ON event (fold_key) WHERE status = 'pending';
CREATE INDEX event_due ON event (next_reminder_at) WHERE next_reminder_at IS NOT NULL;
CREATE INDEX event_status ON event (status, received_at);
CREATE INDEX event_received ON event (received_at);
CREATE INDEX event_subject ON event (subject_slack_id, received_at);
CREATE INDEX event_user ON event (user_name, received_at);
CREATE INDEX event_host ON event (host_name, received_at);
CREATE INDEX event_ip ON event (source_ip, received_at);
CREATE INDEX occurrence_event ON occurrence (event_id, revision);
CREATE INDEX decision_event ON decision (event_id);
CREATE INDEX notice_event ON notice (event_id);
CREATE INDEX delivery_waiting ON delivery (priority, due_at) WHERE state = 'waiting';
CREATE INDEX delivery_message ON delivery (channel, ts) WHERE state = 'waiting';
CREATE INDEX quarantine_untold ON quarantine (id) WHERE told_at IS NULL;
CREATE INDEX audit_event ON audit (event_id);
CREATE TRIGGER audit_no_UPDATE BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_no_DELETE BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE INDEX enrichment_cache_expires ON enrichment_cache (expires_at);
CREATE INDEX event_facts_due ON event (facts_due_at) WHERE facts_due_at IS NOT NULL;
CREATE INDEX event_user_ip ON event (user_name, source_ip, received_at);
CREATE INDEX occurrence_near ON occurrence (event_action, user_name, occurred_at);
CREATE INDEX sighting_near ON sighting (event_action, user_name, occurred_at);
CREATE INDEX sighting_due ON sighting (due_at) WHERE state = 'waiting';
CREATE INDEX sighting_occurrence ON sighting (occurrence_id);
CREATE INDEX telling_event ON telling (event_id);
CREATE INDEX telling_sighting ON telling (sighting_id);
CREATE INDEX telling_failed ON telling (origin) WHERE state = 'failed';
CREATE INDEX expectation_due ON expectation (due_at) WHERE state = 'waiting';
CREATE INDEX expectation_untold ON expectation (id) WHERE state = 'missed' AND told_at IS NULL;
CREATE INDEX expectation_told ON expectation (told_at) WHERE told_at IS NOT NULL;
CREATE INDEX backup_event ON backup (event_id);
CREATE INDEX backup_undigested ON backup (channel) WHERE digest_at IS NULL;
CREATE INDEX delivery_backed_up ON delivery (id) WHERE state = 'waiting' AND backed_up_at IS NOT NULL;
CREATE UNIQUE INDEX gap_once ON gap (source, min_id, max_id);
CREATE INDEX gap_due ON gap (due_at) WHERE done_at IS NULL;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inbox',16);
INSERT INTO "sqlite_sequence" VALUES('occurrence',9);
INSERT INTO "sqlite_sequence" VALUES('audit',23);
INSERT INTO "sqlite_sequence" VALUES('delivery',26);
INSERT INTO "sqlite_sequence" VALUES('expectation',6);
INSERT INTO "sqlite_sequence" VALUES('notice',8);
INSERT INTO "sqlite_sequence" VALUES('decision',3);
INSERT INTO "sqlite_sequence" VALUES('telling',3);
INSERT INTO "sqlite_sequence" VALUES('sighting',2);
INSERT INTO "sqlite_sequence" VALUES('quarantine',2);
INSERT INTO "sqlite_sequence" VALUES('tally',1);
INSERT INTO "sqlite_sequence" VALUES('gap',1);
COMMIT;
