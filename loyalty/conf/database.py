"""How the database is reached, and how long it may take."""

from typing import Any
from urllib.parse import unquote


def database_settings(env: Any) -> dict[str, dict[str, Any]]:
    default = env.db_url("DATABASE_URL", default="postgres:///loyalty")
    default |= {
        # A socket folder arrives percent-encoded in a URL.
        "HOST": unquote(default["HOST"]),
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }
    if default["ENGINE"] == "django.db.backends.postgresql":
        default["ENGINE"] = "loyalty.database"
    options = default.setdefault("OPTIONS", {})
    # A database that has vanished is noticed in seconds, not when TCP gives up.
    options |= {"connect_timeout": 3, "tcp_user_timeout": 15_000}
    # Statements are prepared (loyalty/database/prepared.py) where a connection outlives its request.
    options.setdefault("prepare_threshold", 5 if default["CONN_MAX_AGE"] else None)
    # Limits of a web request; jobs and commands start with DATABASE_LIMITS=off.
    if env.str("DATABASE_LIMITS", default="web") == "web":
        # No page is worth compiling its statement for.
        options["options"] = "-c statement_timeout=8s -c lock_timeout=3s -c jit=off"
    return {"default": default}
