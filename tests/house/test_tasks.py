"""Background work has a name that says whose it is, takes ids by name, and finds its queue."""

import inspect
import threading
from typing import Any

import pytest
from celery import current_app

from loyalty.celery import app
from loyalty.conf.celery import QUEUES, SCHEDULE

app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_is_named_after_its_app_and_takes_only_named_ids(name: str) -> None:
    task: Any = TASKS[name]
    owner, _, verb = name.partition(".")
    assert owner == task.__module__.split(".")[0]
    assert owner in QUEUES
    assert verb.isidentifier()
    assert task.__doc__, "say what it does"
    for parameter in inspect.signature(task.run).parameters.values():
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, f"{parameter.name} must be keyword-only"
        assert parameter.name.endswith(("_id", "_ids", "_on", "_at")), f"{parameter.name}: arguments are ids and times"


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_with_a_limit_of_its_own_can_be_started(name: str) -> None:
    # Celery refuses to start a task that is to be killed before it is told to stop.
    assert (TASKS[name].soft_time_limit or 0) <= (TASKS[name].time_limit or 0)


@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_what_is_scheduled_exists(name: str) -> None:
    assert SCHEDULE[name]["task"] in TASKS


def test_a_task_started_from_any_thread_goes_to_our_application() -> None:

    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(current_app.main))
    thread.start()
    thread.join()
    assert seen == ["loyalty"]
