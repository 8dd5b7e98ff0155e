"""The look and the side bar of the back office."""

from typing import Any

from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Loyalty",
    "SITE_HEADER": "Loyalty",
    "SITE_SUBHEADER": _("Partner platform"),
    "SITE_SYMBOL": "loyalty",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": []},
}
