"""Back office pages of partners, one module per noun."""

from partners.admin import catalog, credentials, offers, partners, shops, staff

__all__ = ["catalog", "credentials", "offers", "partners", "shops", "staff"]
