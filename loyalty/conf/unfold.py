"""The look and the side bar of the back office."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _


def _may_view(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(f"{app}.view_{model}")


def _page(title: str | Promise, icon: str, label: str, query: str = "") -> dict[str, Any]:
    app, model = label.split(".")
    address = reverse_lazy(f"admin:{app}_{model}_changelist")
    return {
        "title": title,
        "icon": icon,
        "link": format_lazy("{}?{}", address, query) if query else address,
        "permission": _may_view(app, model),
    }


def _group(title: str | Promise, *pages: dict[str, Any], is_folded: bool = False) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": is_folded, "items": list(pages)}


NAVIGATION = [
    {
        "items": [
            {"title": _("Overview"), "icon": "dashboard", "link": reverse_lazy("admin:index")},
            {
                "title": _("Statistics"),
                "icon": "monitoring",
                "link": reverse_lazy("admin:analytics_statistics"),
                "permission": _may_view("analytics", "partnerday"),
            },
        ]
    },
    _group(
        _("Customers"),
        _page(_("Customers"), "group", "customers.customer"),
        _page(_("Persons"), "person_pin", "customers.person"),
        _page(_("Log-ins by QR code"), "qr_code_scanner", "customers.qrloginsession"),
        _page(_("Issued cards"), "credit_card", "cards.issuedcard"),
        _page(_("Cards shown by QR code"), "qr_code_scanner", "cards.qrcardsession"),
        _page(_("Consents"), "verified_user", "messaging.consent"),
        _page(_("E-mails"), "outgoing_mail", "messaging.emailmessage"),
        _page(_("SMS messages"), "sms", "messaging.smsmessage"),
        _page(_("SMS accounts"), "sim_card", "messaging.smsaccount"),
        _page(_("SMS texts"), "edit_note", "messaging.smstemplate"),
        _page(_("SMS top-ups"), "payments", "messaging.smstopup"),
        _page(_("Delivery receipts"), "mark_chat_read", "messaging.smsreceipt"),
    ),
    _group(
        _("Sales and points"),
        _page(_("Transactions"), "receipt_long", "ledger.transaction"),
        _page(_("Points ledger"), "menu_book", "ledger.pointsentry"),
        _page(_("Partners' days"), "calendar_view_day", "analytics.partnerday"),
        _page(_("Balances"), "account_balance_wallet", "ledger.pointsbalance"),
        _page(_("Points lots"), "layers", "ledger.pointslot"),
    ),
    _group(
        _("Games and coupons"),
        _page(_("Games"), "stadia_controller", "games.game"),
        _page(_("Stamp cards"), "approval", "games.stampprogress"),
        _page(_("Plays"), "casino", "games.play"),
        _page(_("Coupons"), "confirmation_number", "games.coupon"),
        _page(_("Coupon batches"), "qr_code_2", "games.couponbatch"),
    ),
    _group(
        _("Commission"),
        {
            "title": _("Month's close"),
            "icon": "event_available",
            "link": reverse_lazy("admin:commissions_close"),
            "permission": _may_view("commissions", "commissionperiod"),
        },
        _page(_("Months of commission"), "calendar_month", "commissions.commissionperiod"),
        _page(_("Statements"), "request_quote", "commissions.statement"),
        _page(_("Commission lines"), "receipt", "commissions.commissionentry"),
        _page(_("Commission rates"), "percent", "commissions.commissionrate"),
        _page(_("Lines by hand"), "edit_note", "commissions.manualline"),
        _page(_("Terms of commission"), "handshake", "commissions.commissionterms"),
        _page(_("Synchronizations"), "sync", "commissions.syncrun"),
        _page(_("Payouts and invoices"), "payments", "commissions.payout"),
        _page(_("Bank files"), "account_balance", "commissions.payoutrun"),
        _page(_("Bank details"), "credit_score", "commissions.bankdetails"),
    ),
    _group(
        _("Partners"),
        _page(_("Partners"), "storefront", "partners.partner"),
        _page(_("Applications"), "inbox", "partners.partner", "status__exact=pending_review"),
        _page(_("Papers"), "description", "partners.verification"),
        _page(_("Messages"), "forum", "messaging.message"),
        _page(_("Shops"), "store", "partners.shop"),
        _page(_("Staff"), "badge", "partners.staffmember"),
        _page(_("Card programmes"), "loyalty", "cards.card"),
        _page(_("API credentials"), "key", "partners.apicredential"),
        _page(_("Offers"), "local_offer", "partners.offer"),
        _page(_("Products"), "inventory_2", "partners.product"),
        _page(_("Categories"), "category", "partners.category"),
        _page(_("Webhook endpoints"), "webhook", "messaging.webhookendpoint"),
        _page(_("Webhook deliveries"), "outbox", "messaging.delivery"),
        _page(_("Failed calls"), "error", "loyalty.failedcall"),
        _page(_("Outgoing events"), "bolt", "loyalty.outboxevent"),
        _page(_("Feed imports"), "rss_feed", "interchange.feedimport"),
        _page(_("Plans"), "sell", "partners.plan"),
    ),
    _group(
        _("Platform"),
        _page(_("Audit log"), "policy", "loyalty.auditevent"),
        _page(_("Users"), "person", "loyalty.user"),
        _page(_("Groups"), "groups", "auth.group"),
        _page(_("Log-in sessions"), "devices", "loyalty.loginsession"),
        _page(_("Retired card numbers"), "credit_card_off", "cards.retiredcardnumber"),
        _page(_("Kept e-mails"), "mail", "messaging.sentemail"),
        {
            "title": _("Messages of the platform"),
            "icon": "edit_note",
            "link": reverse_lazy("admin:messaging_built_in"),
            "permission": _may_view("messaging", "messagetemplate"),
        },
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Loyalty",
    "SITE_HEADER": "Loyalty",
    "SITE_SUBHEADER": _("Partner platform"),
    "SITE_SYMBOL": "loyalty",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("loyalty/favicon.svg")},
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "ledger.admin.dashboard.dashboard",
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": NAVIGATION},
}
