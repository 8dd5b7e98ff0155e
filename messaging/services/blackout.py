"""Blacking a subject's addresses out of what partners and the platform wrote to each other."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, F, Func, Model, Q, QuerySet, Value
from django.db.models.functions import Concat

from messaging.models import EmailMessage, Message, MessageAttachment
from messaging.rules.blackout import black_out, digits_of
from partners.models import Partner

# Where people write freely. The mail of a message holds its text once more.
TEXTS: dict[type[Model], tuple[str, ...]] = {
    Message: ("subject", "text"),
    MessageAttachment: ("name",),
    EmailMessage: ("subject", "text", "html"),
}


def black_out_conversations(*, partner_id: int, addresses: Collection[str]) -> int:
    """Take these addresses out of a partner's conversations and of the mails it got; how many rows that changed.

    The files themselves stay as they are: what two businesses signed is not ours to change.
    """
    wanted = sorted(address for address in addresses if "@" in address or address.startswith("+"))
    if not wanted:
        return 0
    country = Partner.objects.values_list("country", flat=True).get(pk=partner_id)
    changed = 0
    for model, fields in TEXTS.items():
        for row in _candidates(model, fields, partner_id, wanted):
            before = {name: getattr(row, name) for name in fields}
            after = {name: black_out(text, wanted, country) for name, text in before.items()}
            if after != before:
                changed += model._default_manager.filter(pk=row.pk).update(**after)
    return changed


def _candidates(
    model: type[Model], fields: tuple[str, ...], partner_id: int, addresses: Collection[str]
) -> QuerySet[Any]:
    """Rows that may hold one of the addresses: all that do, and few that do not."""
    parts: list[Any] = [F(fields[0])]
    for name in fields[1:]:
        parts += [Value("\n"), F(name)]
    whole = Concat(*parts, output_field=CharField()) if len(parts) > 1 else parts[0]
    digits = Func(whole, Value(r"\D"), Value(""), Value("g"), function="regexp_replace", output_field=CharField())
    narrow = reduce(or_, [_holding(address) for address in addresses])
    rows = model._default_manager.filter(partner_id=partner_id).alias(whole=whole, digits=digits).filter(narrow)
    return rows.select_for_update(no_key=True, of=("self",)).only("pk", *fields).order_by("pk")


def _holding(address: str) -> Q:
    return Q(whole__icontains=address) if "@" in address else Q(digits__contains=digits_of(address))
