"""Pages of tables that grow without end."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNT_UP_TO = 10_000


class CappedPaginator(Paginator):
    """Counts at most 10,000 rows, so that neither the count nor the last page reads a million of them.

    Whoever looks for something further down narrows the list by a filter instead of leafing.
    """

    template_name = "loyalty/backoffice/pagination.html"

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by().values("pk")[:COUNT_UP_TO].count()
        return len(rows)

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than counted."""
        return self.count >= COUNT_UP_TO
