"""How the columns of a partner's file map to a sale: saved by name, or written on the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

REQUIRED = ("invoice", "date", "quantity", "price")
OPTIONAL = ("product", "description", "customer", "shop")
FIELDS = (*REQUIRED, *OPTIONAL)


class ProfileError(ValueError):
    """A mapping that cannot be used, or a file that does not have its columns."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One file format. `columns` names the file's column for each field; a field without one stays empty.

    Invoices that start with one of `return_prefixes` bring goods back; those of `adjustment_prefixes` are bookkeeping.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str = "%Y-%m-%d %H:%M:%S"
    return_prefixes: tuple[str, ...] = ()
    adjustment_prefixes: tuple[str, ...] = ()
    delimiter: str = ","
    decimal_mark: str = "."
    currency: str | None = None

    def changed(
        self,
        *,
        columns: Mapping[str, str] | None = None,
        date_format: str | None = None,
        delimiter: str | None = None,
        decimal_mark: str | None = None,
        currency: str | None = None,
        return_prefixes: Sequence[str] = (),
        adjustment_prefixes: Sequence[str] = (),
    ) -> "Profile":
        """This profile with what is given instead. Raises ProfileError."""
        given = {
            "date_format": date_format,
            "delimiter": delimiter,
            "decimal_mark": decimal_mark,
            "currency": currency and currency.upper(),
            "return_prefixes": tuple(return_prefixes),
            "adjustment_prefixes": tuple(adjustment_prefixes),
        }
        changed = replace(
            self,
            columns={**self.columns, **(columns or {})},
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        )
        changed.check()
        return changed

    def check(self) -> None:
        """Raises ProfileError unless the mapping can be used."""
        unknown = sorted(set(self.columns) - set(FIELDS))
        if unknown:
            raise ProfileError(f"No such field: {', '.join(unknown)}. There are: {', '.join(FIELDS)}.")
        missing = [name for name in REQUIRED if not self.columns.get(name)]
        if missing:
            raise ProfileError(f"No column is named for: {', '.join(missing)}.")
        for name, mark in (("delimiter", self.delimiter), ("decimal mark", self.decimal_mark)):
            if len(mark) != 1:
                raise ProfileError(f"The {name} must be one character.")

    def positions(self, heading: Sequence[str]) -> dict[str, int]:
        """Where in the file each mapped field stands. Raises ProfileError that names the columns which are missing."""
        places: dict[str, int] = {}
        for place, title in enumerate(heading):
            places.setdefault(title.strip().casefold(), place)
        wanted = {name: column for name, column in self.columns.items() if column}
        absent = [column for column in wanted.values() if column.strip().casefold() not in places]
        if absent:
            columns = "column" if len(absent) == 1 else "columns"
            raise ProfileError(f"The file has no {columns} {', '.join(absent)}; it has: {', '.join(heading)}.")
        return {name: places[column.strip().casefold()] for name, column in wanted.items()}


PROFILES: Mapping[str, Profile] = {
    # The UCI Online Retail data set, and whatever is exported in its shape. Country is the shop.
    "uci-retail": Profile(
        columns={
            "invoice": "InvoiceNo",
            "date": "InvoiceDate",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "product": "StockCode",
            "description": "Description",
            "customer": "CustomerID",
            "shop": "Country",
        },
        return_prefixes=("C", "c"),
        adjustment_prefixes=("A", "a"),
    ),
}
