"""`python -m loyalty.realtime [--host 127.0.0.1] [--port 8001]`: the realtime server, until it is stopped."""

import argparse
import asyncio
import logging.config
import os
import sys

from django.conf import settings

from loyalty.realtime.server import Server


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    parser = argparse.ArgumentParser(prog="python -m loyalty.realtime", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.REALTIME_PORT)
    wanted = parser.parse_args()
    logging.config.dictConfig(settings.LOGGING)
    server = Server(redis_url=settings.REDIS_URL, key=settings.REALTIME_KEY)
    try:
        was_asked = asyncio.run(server.run(wanted.host, wanted.port))
    except OSError as error:
        sys.stderr.write(f"{wanted.host}:{wanted.port} cannot be used: {error.strerror}\n")
        return 1
    return 0 if was_asked else 1


if __name__ == "__main__":
    sys.exit(main())
