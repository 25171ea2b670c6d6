"""One login, in the objects that shippers make of it."""

from typing import Any

from tests.shapes.forms import HOST, ISO, PLACE, Form

_PLAIN = {"message": PLACE, "host": HOST, "program": "sshd", "time": ISO}
_HEADED = f"Nov  5 10:00:00 bastion-1 sshd[1]: {PLACE}"
_EPOCH = 1793872800


def obj(name: str, value: dict[str, Any], **says: Any) -> Form:
    """An object of JSON."""
    return Form(name, value, **says)


OBJECTS = (
    obj("plain", _PLAIN),
    obj(
        "rsyslog, jsonf",
        {"timereported": ISO, "hostname": HOST, "syslogtag": "sshd[1]:", "pri": "38", "msg": f" {PLACE}"},
    ),
    obj("syslog-ng", {"PROGRAM": "sshd", "HOST": HOST, "ISODATE": ISO, "FACILITY": "auth", "MESSAGE": PLACE}),
    obj("fluent-bit, syslog", {"date": _EPOCH, "pri": "38", "host": HOST, "ident": "sshd", "message": PLACE}),
    obj("fluent-bit, tail", {"date": float(_EPOCH), "log": _HEADED}),
    obj("Fluentd, in_syslog", {"host": HOST, "ident": "sshd", "pid": "1", "message": PLACE, "time": _EPOCH}),
    obj(
        "Vector, journald",
        {
            "_HOSTNAME": HOST,
            "SYSLOG_IDENTIFIER": "sshd",
            "_UID": "0",
            "_COMM": "sshd",
            "message": PLACE,
            "timestamp": ISO,
        },
    ),
    obj("Vector, file", {"file": "/var/log/auth.log", "host": HOST, "message": _HEADED, "timestamp": ISO}),
    obj(
        "Vector on a log server",
        {"file": "/var/log/remote/auth.log", "host": "logs-1", "message": _HEADED, "timestamp": ISO},
    ),
    obj(
        "filebeat",
        {
            "@timestamp": ISO,
            "agent": {"hostname": HOST, "type": "filebeat"},
            "host": {"name": HOST},
            "log": {"file": {"path": "/var/log/auth.log"}, "offset": 7},
            "message": _HEADED,
        },
    ),
    obj(
        "filebeat on a log server",
        {
            "@timestamp": ISO,
            "host": {"name": "logs-1"},
            "log": {"file": {"path": "/var/log/secure"}},
            "message": _HEADED,
        },
    ),
    obj(
        "filebeat, syslog over udp",
        {
            "@timestamp": ISO,
            "host": {"name": "logs-1"},
            "log": {"source": {"address": "198.51.100.9:514"}},
            "message": _HEADED,
        },
    ),
    obj(
        "filebeat, dots",
        {"@timestamp": ISO, "host.name": HOST, "log.syslog.appname": "sshd", "message": PLACE},
    ),
    obj(
        "Elastic Agent, system",
        {
            "@timestamp": ISO,
            "host": {"hostname": HOST, "name": HOST},
            "process": {"name": "sshd", "pid": 1},
            "message": PLACE,
        },
    ),
    obj(
        "Elastic, journald input",
        {
            "@timestamp": ISO,
            "host": {"hostname": HOST},
            "syslog": {"identifier": "sshd", "facility": 4, "priority": 6, "pid": 1},
            "journald": {"uid": 0, "pid": 1, "process": {"name": "sshd"}},
            "systemd": {"unit": "ssh.service"},
            "message": PLACE,
        },
    ),
    obj(
        "Elastic, syslog processor",
        {
            "@timestamp": ISO,
            "log": {"syslog": {"appname": "sshd", "hostname": HOST, "facility": {"code": 4}}},
            "host": {"name": "logs-1"},
            "message": PLACE,
        },
    ),
    obj("Elastic, original alone", {"@timestamp": ISO, "event": {"original": _HEADED}}),
    obj(
        "GELF",
        {
            "version": "1.1",
            "host": HOST,
            "short_message": PLACE,
            "timestamp": float(_EPOCH),
            "_program": "sshd",
        },
    ),
    obj(
        "GELF with a header",
        {
            "version": "1.1",
            "host": HOST,
            "short_message": _HEADED,
            "timestamp": _EPOCH + 0.0,
            "_facility": "auth",
        },
    ),
    obj(
        "NXLog",
        {
            "EventTime": "2026-11-05 10:00:00",
            "Hostname": HOST,
            "SourceName": "sshd",
            "SyslogFacility": "AUTH",
            "SyslogFacilityValue": 4,
            "ProcessID": "1",
            "Message": PLACE,
        },
    ),
    obj(
        "winlogbeat",
        {
            "@timestamp": ISO,
            "host": {"name": HOST},
            "winlog": {"computer_name": HOST, "provider_name": "OpenSSH", "channel": "OpenSSH/Operational"},
            "message": f"sshd: {PLACE}",
        },
    ),
    obj(
        "Telegraf",
        {
            "fields": {"message": PLACE, "procid": "1", "facility_code": 4, "severity_code": 6},
            "name": "syslog",
            "tags": {"appname": "sshd", "facility": "auth", "host": "logs-1", "hostname": HOST},
            "timestamp": _EPOCH,
        },
    ),
    obj(
        "Logstash",
        {"@timestamp": ISO, "logsource": HOST, "host": "198.51.100.9", "program": "sshd", "message": PLACE},
    ),
    obj("Logstash, udp", {"@timestamp": ISO, "host": "198.51.100.9", "message": f"<38>{_HEADED}"}),
    obj(
        "docker json-file",
        {"log": f"{PLACE}\r\n", "stream": "stderr", "time": "2026-11-05T10:00:00.000000000Z"},
        host=None,
    ),
    obj(
        "docker with a header",
        {"log": f"{_HEADED}\n", "stream": "stdout", "time": "2026-11-05T10:00:00.000000000Z"},
    ),
    obj(
        "fluent-bit, Kubernetes",
        {
            "date": _EPOCH,
            "stream": "stderr",
            "log": f"{PLACE}\n",
            "kubernetes": {"pod_name": HOST, "container_name": "openssh-server", "host": "node-1"},
        },
    ),
    obj("CRI line in JSON", {"date": _EPOCH, "log": f"2026-11-05T10:00:00.000000000Z stdout F {_HEADED}"}),
    obj(
        "Google, jsonPayload",
        {
            "insertId": "abc",
            "jsonPayload": {"message": _HEADED},
            "resource": {"type": "gce_instance", "labels": {"instance_id": "123", "zone": "z"}},
            "labels": {"compute.googleapis.com/resource_name": HOST},
            "timestamp": ISO,
        },
    ),
    obj(
        "Google, textPayload",
        {"textPayload": f"{_HEADED}\n", "resource": {"type": "global", "labels": {}}, "timestamp": ISO},
    ),
    obj(
        "Azure Monitor, table Syslog",
        {
            "TimeGenerated": ISO,
            "EventTime": ISO,
            "Computer": HOST,
            "HostName": HOST,
            "Facility": "auth",
            "SeverityLevel": "info",
            "ProcessName": "sshd",
            "ProcessID": 812,
            "SyslogMessage": PLACE,
            "Type": "Syslog",
        },
    ),
    obj(
        "Datadog's agent",
        {
            "message": _HEADED,
            "hostname": HOST,
            "service": "sshd",
            "ddsource": "syslog",
            "ddtags": "env:x",
            "timestamp": _EPOCH * 1000,
        },
    ),
    obj(
        "Splunk HEC",
        {
            "time": _EPOCH,
            "host": HOST,
            "source": "/var/log/secure",
            "sourcetype": "linux_secure",
            "event": _HEADED,
        },
    ),
    obj(
        "CEE in a line",
        {"message": f'Nov  5 10:00:00 bastion-1 sshd[1]: @cee: {{"msg":"{PLACE}"}}', "@timestamp": ISO},
    ),
    obj("JSON in JSON", {"log": f'{{"message":"{PLACE}","host":"{HOST}","program":"sshd"}}', "time": ISO}),
    obj(
        "Papertrail", {"id": 1, "source_name": HOST, "program": "sshd", "message": PLACE, "received_at": ISO}
    ),
    obj(
        "rsyslog, default",
        {"message": f" {PLACE}", "fromhost": HOST, "facility": "auth", "timereported": ISO},
    ),
    obj(
        "Logstash, its usual grok",
        {
            "@timestamp": ISO,
            "host": {"name": "logs-1"},
            "syslog_timestamp": "Nov  5 10:00:00",
            "syslog_hostname": HOST,
            "syslog_program": "sshd",
            "syslog_pid": "1",
            "syslog_facility": "security/authorization",
            "syslog_message": PLACE,
        },
    ),
    obj("a host that every machine is", {"host": "localhost", "message": _HEADED, "@timestamp": ISO}),
    obj("program with a pid", _PLAIN | {"program": "sshd[1]:"}),
    obj("program with a path", _PLAIN | {"program": "/usr/sbin/sshd"}),
    obj("program in capitals", _PLAIN | {"program": "SSHD"}),
    obj("header of the same program", _PLAIN | {"message": _HEADED}),
    obj("Solaris's id behind a program", _PLAIN | {"message": f"[ID 800047 auth.info] {PLACE}"}),
    obj("blanks, BOM and CR", _PLAIN | {"message": f"\ufeff  {PLACE} \r\n"}),
    obj(
        "header beside the host's short name",
        {"host": "bastion-1.example.com", "message": _HEADED, "time": ISO},
        host="bastion-1.example.com",
    ),
)

DOUBTFUL_OBJECTS = (
    obj("a key that nobody knows", {"msgg": PLACE, "host": HOST, "program": "sshd"}),
    obj("header of another program", _PLAIN | {"program": "nginx", "message": _HEADED}),
    obj("header of another service", {"message": _HEADED, "service": "payments", "hostname": HOST}),
    obj(
        "line of another container",
        {"log": PLACE, "kubernetes": {"container_name": "nginx", "pod_name": "web"}},
    ),
    obj(
        "another host in the header",
        {"host": "web-1", "message": f"Nov  5 10:00:00 vault-1 sshd[1]: {PLACE}"},
    ),
    obj(
        "another host in a web server's log",
        {
            "host": {"name": "web-1"},
            "log": {"file": {"path": "/var/log/nginx/error.log"}},
            "message": f"Nov  5 10:00:00 vault-1 sshd[1]: {PLACE}",
        },
    ),
    obj(
        "JSON of another program",
        _PLAIN | {"program": "app", "message": f'{{"program":"sshd","message":"{PLACE}"}}'},
    ),
    obj("JSON without a program", {"log": f'{{"text":"{PLACE}"}}'}),
    obj("a list", {"lines": [PLACE]}),
    obj(
        "another host than the agent's",
        {"host": {"name": "web-1"}, "message": f"Nov  5 10:00:00 vault-1 sshd[1]: {PLACE}"},
    ),
    obj(
        "OpenTelemetry",
        {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": PLACE}}]}]}]},
    ),
    obj("what journald knows better", _PLAIN | {"_UID": "1000", "_COMM": "logger"}),
    obj("Elastic's uid", _PLAIN | {"journald": {"uid": 1000}}),
)
