from django.contrib.admin.apps import AdminConfig


class BackOfficeConfig(AdminConfig):
    """Django's admin, with our site."""

    default_site = "loyalty.backoffice.site.BackOfficeSite"
