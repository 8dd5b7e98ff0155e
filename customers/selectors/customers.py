"""Reading customers."""

from typing import Any

from django.db.models import CharField, Lookup, QuerySet

from customers.models import Customer
from customers.rules.contact import normalized_phone
from loyalty.errors import ResourceNotFound
from partners.models import Partner

MIN_DIGITS = 3


@CharField.register_lookup
class ILike(Lookup):
    """`ILIKE '%text%'`, which a trigram index answers; Django's `icontains` compares UPPER(…) and cannot use it."""

    lookup_name = "ilike"

    def get_prep_lookup(self) -> str:
        text = str(self.rhs).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"%{text}%"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", (*left_parameters, *right_parameters)


def customers_of(partner: Partner) -> QuerySet[Customer]:
    """Everybody whom a partner knows."""
    return Customer.objects.filter(partner=partner)


def find_customers(partner: Partner, text: str) -> list[QuerySet[Customer]]:
    """Queries that together find a customer by a part of the name, e-mail address or phone number.

    They stay apart (for a UNION), so that each uses its own index.
    """
    text, rows = text.strip(), customers_of(partner).order_by()
    found = [rows.filter(email__ilike=text)]
    if "@" in text:
        return found
    found.append(rows.filter(name__ilike=text))
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) >= MIN_DIGITS and not any(char.isalpha() for char in text):
        found.append(rows.filter(phone__ilike=digits))
        number = normalized_phone(text, partner.country)
        if number is not None:
            found.append(rows.filter(phone=number))
    return found


def get_customer(*, partner: Partner, customer_id: int) -> Customer:
    """One customer. Raises ResourceNotFound, for another partner's too."""
    customer = customers_of(partner).filter(pk=customer_id).first()
    if customer is None:
        raise ResourceNotFound
    return customer
