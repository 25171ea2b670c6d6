"""Canaille, an identity provider, on a port of this machine: `python canaille_server.py PORT REDIRECT...`.

It runs in a process of its own, as in life, and says `ready` once it answers.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any

CLIENT_ID, CLIENT_SECRET = "powertrip", "x7-client-secret-of-tests-3q"
PASSWORD = "correct horse battery staple"


def main(port: int, redirect_uris: list[str]) -> None:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"
    from canaille import create_app  # noqa: PLC0415
    from canaille.app import models  # noqa: PLC0415
    from canaille.backends import Backend  # noqa: PLC0415
    from joserfc.jwk import RSAKey  # noqa: PLC0415
    from werkzeug.serving import make_server  # noqa: PLC0415

    key = RSAKey.generate_key(2048)
    key.ensure_kid()
    config: dict[str, Any] = {
        "SECRET_KEY": "of-tests-only",
        "SERVER_NAME": f"localhost:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "TIMEZONE": "UTC"},
        "CANAILLE_OIDC": {"ACTIVE_JWKS": [key.as_dict(private=True)], "TRUSTED_DOMAINS": ["localhost"]},
    }
    app = create_app(config)
    with app.app_context():
        backend = Backend.instance
        for name in ("alice", "bob", "mallory"):
            user = models.User(
                user_name=name,
                formatted_name=name.capitalize(),
                family_name=name.capitalize(),
                emails=[f"{name}@example.com"],
                password=PASSWORD,
            )
            backend.save(user)
        client = models.Client(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            client_name="Powertrip",
            client_uri="http://localhost",
            client_id_issued_at=datetime.now(UTC),
            redirect_uris=redirect_uris,
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "email", "profile"],
            token_endpoint_auth_method="client_secret_basic",
            require_auth_time=True,
        )
        backend.save(client)
        client.audience = [client]
        backend.save(client)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
