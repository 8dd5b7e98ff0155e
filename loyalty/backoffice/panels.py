"""What a page shows of other tables: a short list under the form, with a link to the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled table of a few rows; cells are shown as they are, so markup in them must be built safely."""

    title: str | Promise
    headers: Sequence[str | Promise] = ()
    rows: Sequence[Sequence[Any]] = ()
    more_url: str = ""
    empty: str | Promise = ""
    # Instead of rows: links to other lists, side by side.
    links: Sequence[Any] = ()

    @property
    def table(self) -> dict[str, Any]:
        """The shape that unfold's table component reads."""
        return {"headers": self.headers, "rows": self.rows}
