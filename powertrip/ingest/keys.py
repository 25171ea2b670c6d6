"""Where log shippers of any make put the parts of a record: the keys that are known without configuration.

They are those of rsyslog's templates and JSON properties, syslog-ng's format-json, fluent-bit, Fluentd,
Vector, Telegraf, NXLog, Logstash, Elastic's Beats and Agent (ECS), GELF, journald, Papertrail, Splunk's
HEC, Datadog's agent, Azure Monitor and Google's LogEntry. Of several the first that holds text counts.
"""

import re

from powertrip.ingest.finding import RecordKeys

_MESSAGE = (
    *("message", "MESSAGE", "msg", "log", "Message", "short_message", "full_message", "textPayload"),
    *("jsonPayload.message", "jsonPayload.MESSAGE", "jsonPayload.msg", "fields.message", "@message"),
    *("SyslogMessage", "event.original", "rawmsg", "_raw", "@m", "syslog_message"),
)
PERHAPS_MESSAGE = ("event", "line", "text", "body", "raw", "data", "content", "fields.value")
"""Keys that mean much else, and a message only where a syslog header is in it."""
_PROGRAM = (
    *("program", "programname", "SYSLOG_IDENTIFIER", "syslog_identifier", "ident", "appname", "PROGRAM"),
    *("syslog-tag", "syslogtag", "app-name", "app_name", "APP_NAME", "pname", "syslog.identifier"),
    *("syslog.appname", "log.syslog.appname", "tags.appname", "_program", "_appname", "_app_name"),
    *("_application_name", "SourceName", "syslog_program", "syslog_appname", "program_name"),
    *("process_name", "processName", "proc_name", "PROGNAME", "jsonPayload.SYSLOG_IDENTIFIER"),
    *("jsonPayload.ident", "jsonPayload.program", "process.name", "_COMM", "journald.process.name"),
    *("jsonPayload._COMM", "ProcessName"),
)
OF_SHIPPER = (
    *("host.hostname", "host.name", "agent.hostname", "beat.hostname", "agent.name", "tags.host"),
    *("winlog.computer_name", "kubernetes.host"),
)
"""The machine that a shipper runs on, which on a log server is not the one that wrote the record."""
_HOST = (
    *("_HOSTNAME", "log.syslog.hostname", "tags.hostname", "logsource", "host", "hostname", "HOST"),
    *("Hostname", "_hostname", "HOSTNAME", "host_name", "hostName", "syslog_hostname", "sysloghost"),
    *("journald.host.hostname", "kubernetes.pod_name", *OF_SHIPPER, "jsonPayload._HOSTNAME"),
    *("jsonPayload.host", "jsonPayload.hostname", "labels.compute.googleapis.com/resource_name"),
    *("resource.labels.pod_name", "resource.labels.node_name", "resource.labels.instance_id", "fromhost"),
    *("nodename", "instance", "HostName", "Computer", "source_name"),
)
_TIME = (
    *("__REALTIME_TIMESTAMP", "@timestamp", "timestamp", "timereported", "date", "time", "ISODATE"),
    *("DATE", "EventTime", "ts", "TIMESTAMP", "event_time", "datetime", "timegenerated"),
    *("syslog_timestamp", "@t", "_timestamp", "event.created", "fields.timestamp", "eventTime"),
    *("received_at",),
)
# No id: under such a name shippers put what many records share, such as a container's id, and whoever writes
# a line of JSON puts what they like.
KEYS = RecordKeys(message=_MESSAGE, host=_HOST, time=_TIME, id=None, program=_PROGRAM)
"""Keys that journald itself sets come first: any program can add keys such as HOST to its entries."""

FILE = (
    *("log.file.path", "file", "filename", "path", "filepath", "file_path", "source", "_path"),
    *("log_file", "tags.path"),
)
SYSLOGS_FILE = re.compile(
    r"[/\\](?:auth|authpriv|secure|messages|syslog|sshd?|sudo|security|daemon|system|everything|all|remote\b.*)"
    r"[^/\\]*$",
    re.IGNORECASE,
)
"""Where syslog daemons write, so that a header in it is theirs."""

WRITER = (
    *("service", "ddsource", "service.name", "kubernetes.container_name", "kubernetes.container.name"),
    *("container_name", "container.name", "_container_name", "resource.labels.container_name"),
    *("sourcetype", "app", "docker.container.name", "winlog.provider_name", "logger", "logger_name"),
    *("application",),
)
"""Names that an operator gave to what wrote the record; most are no names of programs."""
_SYSTEMS_OWN = re.compile(
    r"(?:^|[^a-z])(?:open)?(?:ssh|auth|sys|secur|sudo|pam|login|log[gs]?in|journal|linux|unix|host|bastion|jump|"
    r"audit|messages|rsyslog|filebeat|fluent|vector|os(?:$|[^a-z])|infra(?:$|[^a-z])|log(?:s|files?)?(?:$|[^a-z]))"
)


def is_systems_own(writer: str) -> bool:
    """Whether a name of a service, container or log is one that syslog's own lines go by."""
    return _SYSTEMS_OWN.search(writer.lower()) is not None
