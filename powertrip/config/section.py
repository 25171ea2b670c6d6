"""What all sections of the configuration file have in common."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, SecretStr

from powertrip.config.values import DatabaseAddress, SecretAddress


class Section(BaseModel):
    """Settings that belong together: frozen, and no key beside those that are known."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def secrets_in(value: object) -> Iterator[str]:
    """Every text that must not be printed."""
    # Found by its type and kept in no list, so that none can be forgotten.
    if isinstance(value, DatabaseAddress | SecretAddress):
        yield from value.hidden()
    elif isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        yield from secrets_in([getattr(value, name) for name in type(value).model_fields])
    elif isinstance(value, dict):
        yield from secrets_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)
