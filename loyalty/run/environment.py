"""The environment of a local run: what is set stays as it is, what is missing gets a safe local default."""

import contextlib
import os
import secrets
from pathlib import Path

import environ

from loyalty.run.errors import RunError
from loyalty.run.places import ROOT, make_dir, var_dir


def local(port: int) -> dict[str, str]:
    """The person's environment and .env, completed for one machine."""
    environ.Env.read_env(ROOT / ".env")
    env = dict(os.environ)
    env.setdefault("DEBUG", "1")
    if truthy(env["DEBUG"]):
        env.setdefault("SECRET_KEY", secret_key(make_dir(var_dir()) / "secret_key"))
    env.setdefault("BASE_URL", f"http://127.0.0.1:{port}")
    env["REALTIME_PORT"] = str(realtime_port(port))
    env["PYTHONUNBUFFERED"] = "1"
    return env


def truthy(value: str) -> bool:
    return value.strip().lower() in environ.Env.BOOLEAN_TRUE_STRINGS


def secret_key(path: Path) -> str:
    """A secret of this checkout's own, readable by its owner only; the first of two racing runs decides it."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    return path.read_text().strip()


def port() -> int:
    return _number("PORT", os.environ.get("PORT") or "8000")


def realtime_port(web_port: int) -> int:
    """The one behind the web server's, unless another one is asked for."""
    return _number("REALTIME_PORT", os.environ.get("REALTIME_PORT") or str(web_port + 1))


def _number(name: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise RunError(f"{name} is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def without_foreign_database(env: dict[str, str]) -> dict[str, str]:
    """libpq would add the person's PG* variables to our address."""
    return {name: value for name, value in env.items() if not name.startswith("PG") or name == "PG_BIN"}
