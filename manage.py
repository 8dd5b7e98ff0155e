#!/usr/bin/env python
"""Operations enter here: `manage.py help` lists every command. Beside a `make run` it works on that run's servers."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    venv = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if find_spec("django") is None and venv.exists() and Path(sys.executable) != venv:
        os.execv(venv, [str(venv), *sys.argv])  # noqa: S606 - no shell wanted
    from loyalty.run.join import join

    join(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
