"""A digest of a configuration: two that say the same have the same one, whatever secrets they hold."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr


def fingerprint(*parts: object) -> str:
    """SHA-256 of what the parts say, in hexadecimal digits; secrets count as present, and nothing more."""
    plain = json.dumps([_plain(part) for part in parts], sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, SecretStr):
        # Whoever could guess at a secret must not find it confirmed here.
        return "secret"
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return value if value is None or isinstance(value, bool | int | float) else str(value)
