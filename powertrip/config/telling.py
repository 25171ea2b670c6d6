"""How an origin is told what was decided: one of three ways, each with its own settings."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from powertrip.config.section import Section
from powertrip.config.values import SourceSecret, Written
from powertrip.verdicts import DEFAULT_TEMPLATE, unknown_placeholders

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _check_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError(
            "must be an https address without a user in it, such as https://hids.example.com/told"
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https beyond this machine: a verdict that anybody can change is none")
    return value


def _check_template(value: str) -> str:
    unknown = unknown_placeholders(value)
    if unknown:
        raise ValueError(f"{unknown}; docs/hids.md lists the placeholders")
    return value


Url = Annotated[str, AfterValidator(_check_url), Written("an https address; http on this machine alone")]
Template = Annotated[
    str, AfterValidator(_check_template), Written("JSON with placeholders such as `$verdict`")
]
Secret = Annotated[SecretStr, Field(min_length=1), Written("text, kept secret")]

_REQUIRED = {"wazuh4": ("user", "password"), "indexer": ("user", "password"), "callback": ("secret",)}
_ONLY_FOR = {
    "user": ("wazuh4", "indexer"),
    "password": ("wazuh4", "indexer"),
    "secret": ("callback",),
    "body": ("callback",),
    "index": ("indexer",),
}


class Tell(Section):
    """How the HIDS is told: an event of Wazuh 4, a document in its indexer, or a signed HTTP request."""

    type: Literal["wazuh4", "indexer", "callback"]
    """Wazuh 4's API, the indexer of Wazuh 4 or 5 (OpenSearch), or a signed request to any address."""
    url: Url
    """The server, such as https://wazuh.example.com:55000; for `callback` the whole address."""
    user: str | None = None
    """For `wazuh4` and `indexer`."""
    password: Secret | None = None
    """For `wazuh4` and `indexer`."""
    secret: SourceSecret | None = None
    """For `callback`: what the request is signed with."""
    body: Template | None = None
    """For `callback`: the JSON that is sent; [hids.md](hids.md) has the default and all placeholders."""
    index: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,80}$"), Written("small letters, - and _")] = (
        "powertrip-verdicts"
    )
    """For `indexer`: how the names of the monthly indices begin."""
    ca_file: str | None = None
    """The certificate authority of the server, as PEM; without it, those that this machine trusts."""

    @model_validator(mode="after")
    def _fits_the_type(self) -> Self:
        missing = [name for name in _REQUIRED[self.type] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"type {self.type} needs {' and '.join(missing)}")
        given = [
            name for name in self.model_fields_set & _ONLY_FOR.keys() if self.type not in _ONLY_FOR[name]
        ]
        if given:
            raise ValueError(f"{' and '.join(sorted(given))}: not for type {self.type}; remove it")
        return self

    @property
    def template(self) -> str:
        """The body of a callback."""
        return self.body or DEFAULT_TEMPLATE

    def secrets(self) -> list[SecretStr]:
        """All that must never be printed."""
        return [secret for secret in (self.password, self.secret) if secret]
