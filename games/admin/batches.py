"""Batches of coupon codes: made once, taken out with a reason."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateTimeFilter

from games.admin.batch_forms import BatchForm
from games.admin.coupons import worth
from games.models import CouponBatch
from games.rules.rewards import reward_of
from games.selectors.batches import BatchCode, count_batch, iterate_codes
from games.services.batches import NewBatch, create_batch, note_export
from loyalty.backoffice.actions import reason_action
from loyalty.backoffice.base import BackOfficeAdmin, actor_of
from loyalty.backoffice.display import display, link, list_url
from loyalty.backoffice.panels import Panel
from loyalty.rules.cells import safe_cell


@admin.register(CouponBatch)
class CouponBatchAdmin(BackOfficeAdmin):
    """Codes by the thousand. A batch is made once and never changed, nor are the shops where its codes are valid."""

    form = BatchForm
    list_display = ("name", "partner_link", "reward", "quantity", "progress", "expires_at", "created_at")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("reward_type", ChoicesDropdownFilter),
        ("created_at", RangeDateTimeFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("name",)
    search_help_text = _("Part of the name.")
    autocomplete_fields = ("partner",)
    fieldsets = (
        (None, {"fields": ("partner", "name", "quantity", "expires_at", "valid_in")}),
        (
            _("Reward"),
            {
                "fields": (
                    *("reward_type", "reward_value", "reward_points", "reward_product_name"),
                    *("minimum_purchase", "maximum_discount"),
                )
            },
        ),
    )
    actions_detail = ("export_codes",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CouponBatch, form: Any, change: bool) -> None:
        shops = tuple(sorted(shop.pk for shop in form.cleaned_data["valid_in"]))
        new = NewBatch(obj.name, obj.quantity, reward_of(obj), expires_at=obj.expires_at, shop_ids=shops)
        made = create_batch(actor=actor_of(request), partner=obj.partner, new=new, reach=None, at=timezone.now())
        obj.pk = made.pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None: ...

    def panels(self, request: HttpRequest, obj: CouponBatch) -> list[Panel]:
        counts = count_batch(batch=obj, at=timezone.now())
        shown = (
            (_("Codes made"), obj.made),
            (_("Active"), counts.active),
            (_("Redeemed"), counts.redeemed),
            (_("Expired"), counts.expired),
            (_("Cancelled"), counts.cancelled),
        )
        return [
            Panel(
                _("Codes"),
                [str(name) for name, _count in shown],
                [[count for _name, count in shown]],
                list_url("games.coupon", batch__id__exact=obj.pk),
                _("There are no codes yet."),
            )
        ]

    def facts(self, subject: CouponBatch) -> list[tuple[Any, Any]]:
        return [(_("partner"), subject.partner), (_("name"), subject.name), (_("codes made"), subject.made)]

    @display(description=_("partner"))
    def partner_link(self, batch: CouponBatch) -> Any:
        return link(batch.partner)

    @display(description=_("reward"))
    def reward(self, batch: CouponBatch) -> str:
        return worth(batch)

    @display(description=_("Shops"))
    def valid_in(self, batch: CouponBatch) -> str:
        return ", ".join(str(shop) for shop in batch.shops.order_by("pk")) or str(_("everywhere"))

    @display(description=_("made"))
    def progress(self, batch: CouponBatch) -> str:
        return f"{batch.made * 100 // batch.quantity} %"

    @reason_action(
        title=_("Download the codes"),
        question=_("Codes are as good as money: the audit log keeps who took them, and why."),
        permission="games.add_couponbatch",
        icon="download",
    )
    def export_codes(self, request: HttpRequest, subject: CouponBatch, data: dict[str, Any]) -> HttpResponse:
        now = timezone.now()
        note_export(actor=actor_of(request), batch=subject, at=now, reason=data["reason"])
        lines = _lines(iterate_codes(batch=subject, at=now))
        response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="coupons-{subject.pk}.csv"'
        return response  # type: ignore[return-value]  # streamed: a response all the same


class _Echo:
    def write(self, text: str) -> str:
        return text


def _lines(codes: Iterator[BatchCode]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(("code", "qr_code", "status"))
    for one in codes:
        yield writer.writerow([safe_cell(cell) for cell in (one.code, one.qr_value, one.status)])
