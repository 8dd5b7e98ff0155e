"""Reads a feed on standard input in a process of its own and writes its items to standard output, a line each.

Whatever a feed does to the parser happens here: with little memory, for a short time, without the server's environment,
and with nothing to write to but the pipe. `interchange.services.feed_reader` starts it.
"""

import json
import resource
import sys

from interchange.rules.feed_reading import FeedBrokenError, read_items


def main(memory: int, seconds: int) -> None:
    """Lines are items; the last one is `["end"]` or `["broken", reason, line]`. None of these: it was stopped."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    write = sys.stdout.write
    try:
        for item in read_items(sys.stdin.buffer):
            write(json.dumps([item.number, item.line, item.tag, item.path, item.texts, sorted(item.nested)]) + "\n")
    except FeedBrokenError as error:
        write(json.dumps(["broken", error.reason, error.line]) + "\n")
    else:
        write('["end"]\n')
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
