# The address by which other apps know the base of this surface.
from partners.api.admin.base import AdminPartnerViewSet

__all__ = ["AdminPartnerViewSet"]
