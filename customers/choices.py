"""Closed lists of values, as the wire spells them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerSource(models.TextChoices):
    """How a partner came to know a customer."""

    STAFF = "staff", _("Staff")
    TILL = "till", _("Till")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    APP = "app", _("App")
    DEMO = "demo", _("Demo")
