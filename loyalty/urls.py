"""Every address of the platform. The path tells the folder: `/<locale>/partners/…` is `api/partner`,
`/<locale>/admin/…` is `api/admin`, `/<locale>/shop/…` is `api/shop`. No trailing slash and no redirect under the API.
"""

from importlib import import_module

from django.contrib import admin
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from loyalty.api.locale import LocaleConverter
from loyalty.pages import front_door, nothing_here, stored_file

register_converter(LocaleConverter, "locale")

# In the order of being tried: what a till waits for first; `partners/{id}` after the literal paths of the other apps.
SURFACES = [
    "ledger.api.shop.till_urls",
    "games.api.shop.till_urls",
    "ledger.api.shop.urls",
    "games.api.shop.urls",
    "loyalty.api.public.urls",
    "loyalty.api.admin.urls",
    "messaging.api.admin.sms_urls",
    "messaging.api.sms.urls",
    "partners.api.admin.urls",
    "commissions.api.admin.urls",
    "analytics.api.admin.urls",
    "commissions.api.partner.urls",
    "messaging.api.admin.urls",
    "messaging.api.admin.webhook_urls",
    "messaging.api.partner.urls",
    "cards.api.partner.urls",
    "games.api.partner.urls",
    "ledger.api.partner.urls",
    "messaging.api.partner.webhook_urls",
    "partners.api.partner.urls",
    "interchange.api.shop.urls",
    "customers.api.shop.urls",
    "games.api.public.urls",
]
_surfaces = [pattern for surface in SURFACES for pattern in import_module(surface).urlpatterns]

urlpatterns = [
    path("<locale:locale>/", include(_surfaces)),
    path("", include("loyalty.api.public.root_urls")),
    path("account/", include("loyalty.account.urls")),
    path("mail/", include("messaging.urls")),
    path("mail/", include("customers.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("media/<path:path>", stored_file),
    path("", front_door),
    re_path(r"^(?P<path>[\s\S]*)\Z", nothing_here),
]
handler400 = "loyalty.api.errors.handler400"
handler403 = "loyalty.api.errors.handler403"
handler404 = "loyalty.api.errors.handler404"
handler500 = "loyalty.api.errors.handler500"
