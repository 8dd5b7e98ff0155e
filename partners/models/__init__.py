from partners.models.credential import ApiCredential, ApiSecret
from partners.models.offer import Offer, OfferCategory, OfferShop
from partners.models.partner import Partner
from partners.models.plan import Plan
from partners.models.product import Category, Product, ProductCategory
from partners.models.shop import Shop
from partners.models.staff import StaffMember, StaffShop
from partners.models.verification import Verification

__all__ = [
    "ApiCredential",
    "ApiSecret",
    "Category",
    "Offer",
    "OfferCategory",
    "OfferShop",
    "Partner",
    "Plan",
    "Product",
    "ProductCategory",
    "Shop",
    "StaffMember",
    "StaffShop",
    "Verification",
]
