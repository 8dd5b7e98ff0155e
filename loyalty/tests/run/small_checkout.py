"""A checkout with the real `loyalty/run` around a Django project of one page: its runs can be started and killed."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from loyalty.run import processes

ROOT = Path(__file__).resolve().parents[3]
OURS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "VAR_DIR", "DEBUG", "SECRET_KEY", "BASE_URL", "PORT", "HOST")
FILES = {
    "loyalty/__init__.py": "",
    "loyalty/conf/__init__.py": "",
    "loyalty/conf/celery.py": 'QUEUES = ("loyalty", "ledger")\n',
    "loyalty/settings.py": """
import environ
env = environ.Env()
DEBUG = env.bool("DEBUG")
SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
ROOT_URLCONF = "loyalty.urls"
USE_TZ = True
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25
REDIS_URL = env.str("REDIS_URL")
REALTIME_KEY = "small"
REALTIME_PORT = env.int("REALTIME_PORT")
LOGGING = {"version": 1}
""",
    "loyalty/urls.py": """
from django.contrib.auth.models import Group
from django.http import JsonResponse
from django.urls import path
from loyalty.celery import add_group

def groups(request):
    if request.GET.get("add"):
        Group.objects.create(name=request.GET["add"])
    if request.GET.get("later"):
        add_group.delay(request.GET["later"])
    return JsonResponse({"groups": sorted(Group.objects.values_list("name", flat=True))})

urlpatterns = [path("health", lambda request: JsonResponse({"status": "ok"})), path("groups", groups)]
""",
    "loyalty/celery.py": """
import os
from celery import Celery
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
app = Celery("loyalty")
app.config_from_object("django.conf:settings", namespace="CELERY")

@app.task(name="add_group", queue="loyalty")
def add_group(name):
    import time
    from pathlib import Path
    from django.contrib.auth.models import Group
    began = Path("var") / name
    if name in ("slow", "stuck") and not began.exists():
        began.touch()
        time.sleep(4 if name == "slow" else 600)
    Group.objects.get_or_create(name=name)
""",
    "shop/__init__.py": "",
    "shop/management/__init__.py": "",
    "shop/management/commands/__init__.py": "",
    "shop/management/commands/demo.py": """
import json
from pathlib import Path
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, **options):
        login = {"email": "admin@demo.example", "password": "admin-password"}
        Path("var/demo.json").write_text(json.dumps({"admin": login, "partners": []}))
""",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Checkout:
    """One checkout on disk, its run, and the questions that tests ask it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port, self.realtime_port = free_port(), free_port()
        self.run: subprocess.Popen[str] | None = None
        self.output = root / "console.txt"

    def build(self) -> None:
        for name, text in FILES.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)
        for name in ("run", "realtime"):
            shutil.copytree(ROOT / "loyalty" / name, self.root / "loyalty" / name)
        for name in ("manage.py", "loyalty/wsgi.py"):
            shutil.copy(ROOT / name, self.root / name)

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("PYTEST")}
        ports = {"PORT": str(self.port), "REALTIME_PORT": str(self.realtime_port)}
        return {**kept, **ports, "WEB_WORKERS": "1", "WORKER_PROCESSES": "1"}

    def start(self) -> None:
        with self.output.open("w") as sink:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "loyalty.run", "serve"],
                cwd=self.root,
                env=self.env,
                stdout=sink,
                stderr=sink,
                text=True,
            )
        assert wait(lambda: "logins" in self.said() or self.run_ended()), self.said()
        assert not self.run_ended(), self.said()

    def said(self) -> str:
        text = self.output.read_text()
        return text + " logins" if "admin-password" in text else text

    def run_ended(self) -> bool:
        return self.run is None or self.run.poll() is not None

    def try_start(self) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "loyalty.run", "serve"],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stderr

    def manage(self, *words: str, **env: str) -> tuple[int, str]:
        """`manage.py` as somebody types it in another window, in another folder."""
        command = [sys.executable, str(self.root / "manage.py"), *words]
        done = subprocess.run(
            command, cwd=self.root.parent, env=self.env | env, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, (done.stdout or done.stderr).strip()

    def end(self, number: signal.Signals) -> int:
        assert self.run is not None
        self.run.send_signal(number)
        return self.run.wait(60)

    def get(self, path: str, port: int | None = None) -> object:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else answer.status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()

    def groups(self, query: str = "") -> object:
        return self.get(f"/groups{query}")

    def realtime(self) -> object:
        """What the realtime server says of itself."""
        return self.get("/health", self.realtime_port)

    def leader(self, name: str) -> int:
        if name == "postgres":
            return int((self.root / "var/postgres/postmaster.pid").read_text().split()[0])
        if name == "valkey":
            found = [one.pid for one in processes.all_processes() if processes.working_dir(one.pid).endswith("/valkey")]
            return next(pid for pid in found if processes.working_dir(pid) == str(self.root / "var/valkey"))
        return int((self.root / f"var/run/{name}.pid").read_text().split()[0])

    def living(self) -> list[str]:
        """Command lines of everything that still works for this checkout."""
        found = []
        for one in processes.all_processes():
            where = processes.working_dir(one.pid)
            if where == str(self.root) or where.startswith(f"{self.root}/"):
                found.append((processes.PROC / str(one.pid) / "cmdline").read_text().replace("\0", " "))
        return found


def wait(ready: Callable[[], bool], seconds: float = 60) -> bool:
    return processes.wait_until(ready, seconds=seconds, pause=0.05)
