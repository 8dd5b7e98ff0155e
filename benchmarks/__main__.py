"""`make bench`: runs every measure, writes var/bench.json and prints the table.

make bench ARGS="--quick"            one short round of each
make bench ARGS="--only sales"       one group: sales, history, partners, pages, sms, import
"""

import os
import sys

import django


def main() -> int:
    os.environ["DATABASE_LIMITS"] = "off"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    django.setup()
    from benchmarks.suite import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
