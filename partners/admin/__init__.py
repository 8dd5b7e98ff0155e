"""Back office pages of partners, one module per noun."""

from partners.admin import catalog, credentials, offers, papers, partners, shops, staff

__all__ = ["catalog", "credentials", "offers", "papers", "partners", "shops", "staff"]
