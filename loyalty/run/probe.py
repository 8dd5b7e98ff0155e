"""Exit code 0 when the server on this machine's port (8000, or the one named) answers /health: for containers."""

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
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    sys.exit(0 if healthy("127.0.0.1", port, served=os.environ.get("ALLOWED_HOSTS", "")) else 1)
