"""`python -m loyalty.run serve` and `python -m loyalty.run tests -- <command>`."""

import argparse
import sys

from loyalty.run import serve, testing
from loyalty.run.errors import RunError
from loyalty.run.places import ROOT


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m loyalty.run")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="start everything, until Ctrl-C")
    tests = commands.add_parser("tests", help="run a command (default: pytest) beside throw-away servers")
    tests.add_argument(
        "--durable", action="store_true", help="servers that write to disk, and DEBUG off: for benchmarks"
    )
    tests.add_argument("words", nargs="*", metavar="-- command")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "tests":
            return testing.run(command_of(chosen.words), durable=chosen.durable)
        return serve.main()
    except RunError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            f"\n{error}. Was this checkout used by another user before? Give its var/ folder to one user.",
            file=sys.stderr,
        )
        return 1


def command_of(words: list[str]) -> list[str]:
    """Bare options and test files mean pytest: `tests -- -k sale` is `tests -- pytest -k sale`."""
    if words[:1] == ["manage.py"]:
        return ["python", *words]
    if words and (words[0].startswith("-") or (ROOT / words[0].split("::")[0]).exists()):
        return ["pytest", *words]
    return words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
