"""What can be asked of the lists of transactions and customers."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.rules.segments import SEGMENTS
from ledger.choices import TransactionStatus, TransactionType
from ledger.rules.ranges import RANGES, days_of
from ledger.selectors import customers, transactions
from ledger.selectors.customers import Customers
from ledger.selectors.transaction_groups import GROUPS
from ledger.selectors.transactions import Transactions
from loyalty.api.filters import ChoiceFilter, DayFilter, HouseFilterSet, IdFilter, MoneyFilter, NumberFilter, TextFilter
from loyalty.errors import ValidationFailed
from partners.selectors.shops import check_shops

ORDERINGS = {
    "-date": ("-occurred_at", "-pk"),
    "date": ("occurred_at", "pk"),
    "-amount": ("-amount", "-pk"),
    "amount": ("amount", "pk"),
}
EVERYWHERE = "all"
MOST_DIGITS = 19
# The words of older clients (decision 18).
GROUP_ALIASES = {"store": "shop"}
TYPE_ALIASES = {"sale": "purchase"}


class ShopOrAllFilter(TextFilter):
    """`store_location`: a shop's id, or `all`."""


def read_shop(name: str, text: str) -> int | None:
    """The shop that is meant, None for all. Raises ValidationFailed."""
    if text.strip() == EVERYWHERE:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < MOST_DIGITS and int(text) > 0):
        raise ValidationFailed(errors={name: [_("Must be a shop's id, or all.")]})
    return int(text)


class TransactionFilters(HouseFilterSet):
    """Filters of the transaction list; `context` holds `partner`, `reach` and `at`."""

    search = TextFilter(
        method="by_text", help_text="Order (its beginning), customer's name, e-mail, phone, card number."
    )
    shop_id = IdFilter(method="by_shop", help_text="Transactions of one shop.")
    store_location = ShopOrAllFilter(method="by_store", help_text="The same as `shop_id`, or `all`.")
    customer_id = IdFilter(method="by_customer", help_text="Transactions of one customer.")
    staff_id = IdFilter(method="by_staff", help_text="Transactions of one staff member.")
    status = ChoiceFilter(field_name="status", choices=TransactionStatus, help_text="State of the transaction.")
    type = ChoiceFilter(
        method="by_type",
        choices=[*TransactionType.choices, *((alias, alias) for alias in TYPE_ALIASES)],
        help_text="`sale` means `purchase`.",
    )
    category = TextFilter(method="by_category", max_length=100, help_text="With a cart line of this category.")
    amount_min = MoneyFilter(field_name="amount", lookup_expr="gte", help_text="Least amount.")
    amount_max = MoneyFilter(field_name="amount", lookup_expr="lte", help_text="Most amount.")
    start_date = DayFilter(method="kept_for_later", help_text="First day, in the partner's time zone.")
    end_date = DayFilter(method="kept_for_later", help_text="Last day, included.")
    date_range = ChoiceFilter(
        method="kept_for_later",
        choices=[(name, name) for name in RANGES],
        help_text="A named range instead of `start_date` and `end_date`; `last_30_days` ends today.",
    )
    ordering = ChoiceFilter(
        method="by_order", choices=[(name, name) for name in ORDERINGS], help_text="Default `-date`, the newest first."
    )
    group_by = ChoiceFilter(
        method="kept_for_later",
        choices=[(name, name) for name in (*GROUPS, *GROUP_ALIASES)],
        help_text="Sums instead of rows: one for each shop (also `store`), day, month or category.",
    )

    @property
    def narrowed(self) -> Transactions:
        """The transactions that are asked for, days included."""
        first, last = self._days()
        return transactions.between(super().narrowed, first, last, self.context["partner"].time_zone)

    @property
    def group(self) -> str | None:
        name = self.value("group_by") or None
        return GROUP_ALIASES.get(name, name) if name else None

    def _days(self) -> tuple[date | None, date | None]:
        first, last, name = self.value("start_date"), self.value("end_date"), self.value("date_range")
        if name:
            if first or last:
                raise ValidationFailed(errors={"date_range": [_("Give a range or dates, not both.")]})
            return days_of(name, self.context["at"].astimezone(ZoneInfo(self.context["partner"].time_zone)).date())
        if first and last and last < first:
            raise ValidationFailed(errors={"end_date": [_("Must not be before start_date.")]})
        return first, last

    def kept_for_later(self, rows: Transactions, _name: str, _value: Any) -> Transactions:
        return rows

    def by_text(self, rows: Transactions, _name: str, text: str) -> Transactions:
        return transactions.matching(rows, self.context["partner"], text)

    def by_shop(self, rows: Transactions, name: str, shop_id: int) -> Transactions:
        check_shops(partner=self.context["partner"], shop_ids=[shop_id], reach=self.context["reach"], field=name)
        return rows.filter(shop_id=shop_id)

    def by_store(self, rows: Transactions, name: str, text: str) -> Transactions:
        shop_id = read_shop(name, text)
        return rows if shop_id is None else self.by_shop(rows, name, shop_id)

    def by_customer(self, rows: Transactions, _name: str, customer_id: int) -> Transactions:
        transactions.check_filter_targets(partner=self.context["partner"], customer_id=customer_id)
        return rows.filter(customer_id=customer_id)

    def by_staff(self, rows: Transactions, _name: str, staff_id: int) -> Transactions:
        transactions.check_filter_targets(partner=self.context["partner"], staff_id=staff_id)
        return rows.filter(staff_id=staff_id)

    def by_type(self, rows: Transactions, _name: str, kind: str) -> Transactions:
        return rows.filter(type=TYPE_ALIASES.get(kind, kind))

    def by_category(self, rows: Transactions, _name: str, category: str) -> Transactions:
        return transactions.with_category(rows, category)

    def by_order(self, rows: Transactions, _name: str, ordering: str) -> Transactions:
        return rows.order_by(*ORDERINGS[ordering])


class CustomerFilters(HouseFilterSet):
    """Filters of the customer list; `context` holds `partner`, `reach` and `at`."""

    search = TextFilter(method="by_text", help_text="Part of the name, e-mail, phone; beginning of a card number.")
    shop_id = IdFilter(method="by_shop", help_text="Joined or bought in this shop.")
    store_location = ShopOrAllFilter(method="by_store", help_text="The same as `shop_id`, or `all`.")
    segment = ChoiceFilter(
        method="by_segment",
        choices=[(name, name) for name in SEGMENTS],
        help_text=(
            "`prospect` never bought; `new` bought once and `active` more often, last within 90 days; `at_risk` bought "
            "last 90 to 180 days ago; `lapsed` longer ago."
        ),
    )
    level = TextFilter(method="by_level", max_length=50, help_text="Loyalty level, for example Gold.")
    active_within_days = NumberFilter(method="by_activity", min_value=1, max_value=3650, help_text="Bought lately.")
    inactive_for_days = NumberFilter(
        method="by_inactivity", min_value=1, max_value=3650, help_text="Did not, or never bought."
    )
    joined_from = DayFilter(method="by_first_day", help_text="First day of joining, in the partner's time zone.")
    joined_to = DayFilter(method="by_last_day", help_text="Last day of joining, included.")

    def by_text(self, rows: Customers, _name: str, text: str) -> Customers:
        return customers.matching(rows, self.context["partner"], text)

    def by_shop(self, rows: Customers, name: str, shop_id: int) -> Customers:
        partner = self.context["partner"]
        check_shops(partner=partner, shop_ids=[shop_id], reach=self.context["reach"], field=name)
        return customers.known_in_shop(rows, partner, shop_id)

    def by_store(self, rows: Customers, name: str, text: str) -> Customers:
        shop_id = read_shop(name, text)
        return rows if shop_id is None else self.by_shop(rows, name, shop_id)

    def by_segment(self, rows: Customers, _name: str, segment: str) -> Customers:
        return customers.in_segment(rows, self.context["partner"], segment, self.context["at"])

    def by_level(self, rows: Customers, name: str, level: str) -> Customers:
        levels = self.context["partner"].levels
        known = {word.casefold(): word for word in levels}
        if level.casefold() not in known:
            text = _("Must be one of: {words}.").format(words=", ".join(levels))
            raise ValidationFailed(errors={name: [text]})
        return customers.of_level(rows, self.context["partner"], known[level.casefold()])

    def by_activity(self, rows: Customers, _name: str, days: int) -> Customers:
        return customers.bought_within(rows, self.context["partner"], days, self.context["at"])

    def by_inactivity(self, rows: Customers, _name: str, days: int) -> Customers:
        return customers.not_bought_for(rows, days, self.context["at"])

    def by_first_day(self, rows: Customers, _name: str, day: date) -> Customers:
        return customers.joined_between(rows, day, None, self.context["partner"].time_zone)

    def by_last_day(self, rows: Customers, _name: str, day: date) -> Customers:
        return customers.joined_between(rows, None, day, self.context["partner"].time_zone)
