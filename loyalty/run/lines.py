"""What another process adds to a text file, a whole line at a time."""

from pathlib import Path


class NewLines:
    """The lines of a file that were not read yet; begins with an empty file."""

    def __init__(self, path: Path) -> None:
        self.path, self.place = path, 0
        path.unlink(missing_ok=True)

    def read(self) -> list[str]:
        try:
            with self.path.open("rb") as file:
                file.seek(self.place)
                whole, newline, _rest = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self.place += len(whole) + len(newline)
        return whole.decode("utf-8", "replace").splitlines()
