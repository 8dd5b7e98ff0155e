"""Every line of a statement, for a spreadsheet; the amounts add up to its total to the cent."""

import csv
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import override

from commissions.choices import Component, EntryKind, RateMode
from commissions.documents.content import language_of
from commissions.models import CommissionEntry, Statement
from commissions.rules.currency import unit_of
from commissions.selectors.statements import iterate_lines
from loyalty.rules.cells import safe_cell


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def write_csv(statement: Statement) -> Iterator[str]:
    """Row by row, however many there are."""
    # Whoever sends the rows off later has another language active by then.
    with override(language_of(statement)):
        names = {str(value): str(label) for value, label in (*EntryKind.choices, *Component.choices)}
        headers = [
            *(_("Date"), _("Kind"), _("Component"), _("Order"), _("Shop"), _("Category"), _("Month of the sale")),
            *(_("Base"), _("Rate, %"), _("Amount"), _("Currency"), _("Note")),
        ]
        tiers = _("tiers")
    return _rows(statement, headers, names, tiers)


def _rows(statement: Statement, headers: list[str], names: dict[str, str], tiers: str) -> Iterator[str]:
    writer = csv.writer(_Echo())
    unit = unit_of(statement.currency)
    yield "\ufeff" + writer.writerow(headers)
    for line in iterate_lines(statement=statement):
        texts = (line.order_id, line.shop_name, line.category, line.origin_month)  # type: ignore[attr-defined]
        yield writer.writerow(
            [
                line.local_on.isoformat(),
                *(safe_cell(names[name]) for name in (line.kind, line.component)),
                *(safe_cell(text) for text in texts),
                f"{line.base.quantize(unit):f}",
                _rate(line, tiers),
                f"{line.amount.quantize(unit):f}",
                line.currency,
                safe_cell(line.reason),  # type: ignore[attr-defined]
            ]
        )


def _rate(line: CommissionEntry, tiers: str) -> str:
    if line.rate is None:
        return ""
    return f"{line.rate.percent.normalize():f}" if line.rate.mode == RateMode.FLAT else safe_cell(tiers)
