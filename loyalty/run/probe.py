"""Exit code 0 when the web server on this machine answers /health: the health check of the container."""

import http.client
import os
import sys


def healthy(host: str, port: int, *, served: str) -> bool:
    """One request; the first of the hosts that this deployment serves stands in its Host header."""
    name = served.split(",", maxsplit=1)[0].strip(" .*") or "localhost"
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": name})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if healthy("127.0.0.1", 8000, served=os.environ.get("ALLOWED_HOSTS", "")) else 1)
