"""Statements on the wire, the same for platform and partner."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from commissions.api.admin.serializers import MONEY
from commissions.api.fields import PlainDecimalField
from commissions.choices import Component, EntryKind, StatementStatus
from commissions.documents.answer import FORMATS, answer_file
from commissions.models import Statement
from commissions.selectors.statements import Group
from loyalty.errors import ValidationFailed

FORMAT = OpenApiParameter("format", OpenApiTypes.STR, enum=list(FORMATS), default="pdf", description="Kind of file.")
# What each kind is in the answer.
MEDIA = [kind.partition(";")[0] for kind in FORMATS.values()]
DIRECTIONS = ("to_platform", "to_partner", "none")


class StatementAnswer(serializers.Serializer):
    """One month: `opening` + `total` = `balance` = `settled` + `closing`; `total` is the sum of the parts before it."""

    id = serializers.IntegerField()
    number = serializers.SerializerMethodField(help_text="Given when it is issued; without gaps.")
    period = serializers.CharField(source="month")
    version = serializers.IntegerField(help_text="A month that was unlocked in between has a later one.")
    currency = serializers.CharField()
    status = serializers.ChoiceField(
        choices=[one for one in StatementStatus.choices if one[0] != StatementStatus.WITHDRAWN]
    )
    direction = serializers.SerializerMethodField(help_text="Who pays what is settled: `to_platform`, `to_partner`.")
    opening = PlainDecimalField(**MONEY, help_text="What the statement before it carried.")
    accruals = PlainDecimalField(**MONEY)
    late_accruals = PlainDecimalField(**MONEY)
    reversals = PlainDecimalField(**MONEY)
    adjustments = PlainDecimalField(**MONEY)
    manual = PlainDecimalField(**MONEY)
    minimum_topup = PlainDecimalField(**MONEY)
    cap_reduction = PlainDecimalField(**MONEY)
    total = PlainDecimalField(**MONEY)
    balance = PlainDecimalField(**MONEY)
    settled = PlainDecimalField(**MONEY, help_text="What is to be paid with this statement; below 0 to the partner.")
    closing = PlainDecimalField(**MONEY)
    carried = PlainDecimalField(**MONEY, source="closing", help_text="The same: the next statement opens with it.")
    minimum = PlainDecimalField(**MONEY)
    cap = PlainDecimalField(**MONEY, allow_null=True)
    threshold = PlainDecimalField(**MONEY)
    lines = serializers.IntegerField()
    issued_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)

    def get_number(self, row: Statement) -> str | None:
        return row.shown_number or None

    def get_direction(self, row: Statement) -> str:
        return DIRECTIONS[0] if row.settled > 0 else DIRECTIONS[1] if row.settled < 0 else DIRECTIONS[2]


class GroupAnswer(serializers.Serializer):
    """Lines of one kind, component, month of sale and shop, added up."""

    kind = serializers.ChoiceField(choices=EntryKind.choices)
    component = serializers.ChoiceField(choices=Component.choices)
    origin_period = serializers.CharField(source="origin_month")
    shop_id = serializers.IntegerField(allow_null=True)
    shop = serializers.CharField(source="shop_name", allow_null=True)
    lines = serializers.IntegerField()
    base = PlainDecimalField(**MONEY)
    amount = PlainDecimalField(**MONEY)


class StatementDetailAnswer(StatementAnswer):
    groups = GroupAnswer(many=True)


class AdminStatementAnswer(StatementAnswer):
    pays_out = serializers.BooleanField()
    drafted_at = serializers.DateTimeField()
    issued_by = serializers.SerializerMethodField()
    settled_by = serializers.SerializerMethodField()

    def get_issued_by(self, row: Statement) -> str | None:
        return row.issued_by or None

    def get_settled_by(self, row: Statement) -> str | None:
        return row.settled_by or None


class AdminStatementDetailAnswer(AdminStatementAnswer):
    groups = GroupAnswer(many=True)


def present(serializer: type[StatementAnswer], statement: Statement, groups: list[Group]) -> dict[str, Any]:
    """A statement with what its lines come to in groups."""
    statement.groups = groups  # type: ignore[attr-defined]
    return dict(serializer(statement).data)


def download(statement: Statement, asked: str | None) -> HttpResponse | StreamingHttpResponse:
    """The file that was asked for."""
    kind = asked or "pdf"
    if kind not in FORMATS:
        text = _("Must be one of: {words}.").format(words=", ".join(FORMATS))
        raise ValidationFailed(errors={"format": [text]})
    return answer_file(statement=statement, kind=kind)
