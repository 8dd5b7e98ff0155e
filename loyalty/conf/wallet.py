"""What signs wallet passes; docs/operations.md says where each comes from."""

from typing import Any


def wallet_settings(env: Any, *, development: bool) -> dict[str, Any]:
    return {
        # Whether keys are made up where none are set.
        "DEVELOPMENT": development,
        "APPLE_PASS_TYPE_ID": env.str("APPLE_PASS_TYPE_ID", default=""),
        "APPLE_TEAM_ID": env.str("APPLE_TEAM_ID", default=""),
        "APPLE_PASS_CERTIFICATE": env.str("APPLE_PASS_CERTIFICATE", default=""),
        "APPLE_PASS_KEY": env.str("APPLE_PASS_KEY", default=""),
        "APPLE_PASS_KEY_PASSWORD": env.str("APPLE_PASS_KEY_PASSWORD", default=""),
        "APPLE_WWDR_CERTIFICATE": env.str("APPLE_WWDR_CERTIFICATE", default=""),
        "GOOGLE_WALLET_ISSUER_ID": env.str("GOOGLE_WALLET_ISSUER_ID", default=""),
        "GOOGLE_WALLET_SERVICE_ACCOUNT": env.str("GOOGLE_WALLET_SERVICE_ACCOUNT", default=""),
    }
