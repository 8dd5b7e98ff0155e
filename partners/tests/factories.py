"""Partners with their shops and staff for tests."""

import factory
from django.utils import timezone

from loyalty.tests.factories import ModelFactory, UserFactory
from partners.choices import PartnerStatus, StaffRole
from partners.models import Category, Offer, Partner, Plan, Product, Shop, StaffMember, Verification


class PartnerFactory(ModelFactory[Partner]):
    """An active partner in Lithuania on the starter plan (made anew where a test has emptied the tables)."""

    class Meta:
        model = Partner

    name = factory.Sequence(lambda n: f"Partner {n}")
    contact_email = factory.Sequence(lambda n: f"office{n}@partner.test")
    status = PartnerStatus.ACTIVE
    plan = factory.LazyFunction(lambda: Plan.objects.get_or_create(code="starter", defaults={"name": "Starter"})[0])


class ShopFactory(ModelFactory[Shop]):
    """An open shop."""

    class Meta:
        model = Shop

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence(lambda n: f"Shop {n}")
    city = "Vilnius"


class StaffFactory(ModelFactory[StaffMember]):
    """An owner at a partner; pass `role` for another."""

    class Meta:
        model = StaffMember

    partner = factory.SubFactory(PartnerFactory)
    user = factory.SubFactory(UserFactory)
    role = StaffRole.OWNER


class CategoryFactory(ModelFactory[Category]):
    """A group of goods that earns points."""

    class Meta:
        model = Category

    partner = factory.SubFactory(PartnerFactory)
    key = factory.Sequence(lambda n: f"category {n}")
    name = factory.LazyAttribute(lambda row: {"en": row.key.capitalize()})


class ProductFactory(ModelFactory[Product]):
    """A good without a category."""

    class Meta:
        model = Product

    partner = factory.SubFactory(PartnerFactory)
    external_id = factory.Sequence(lambda n: f"P{n:05}")
    name = factory.Sequence(lambda n: f"Product {n}")


class OfferFactory(ModelFactory[Offer]):
    """A tenth off everything, everywhere, without end."""

    class Meta:
        model = Offer

    partner = factory.SubFactory(PartnerFactory)
    title = factory.Sequence(lambda n: {"en": f"Offer {n}", "lt": f"Pasiūlymas {n}"})
    discount_type = factory.LazyAttribute(lambda row: "percentage" if row.kind in {"discount", "cashback"} else "")
    discount_value = factory.LazyAttribute(lambda row: 10 if row.kind in {"discount", "cashback"} else None)
    points_multiplier = factory.LazyAttribute(lambda row: 2 if row.kind == "points_multiplier" else None)
    kind = "discount"


class PaperFactory(ModelFactory[Verification]):
    """A registration that waits for its review; its file is nowhere."""

    class Meta:
        model = Verification

    partner = factory.SubFactory(PartnerFactory)
    kind = "business_registration"
    stored_name = factory.Sequence(lambda n: f"papers/{n}")
    file_name = factory.Sequence(lambda n: f"registration-{n}.pdf")
    content_type = "application/pdf"
    size = 1000
    sha256 = "0" * 64
    uploaded_at = factory.LazyFunction(timezone.now)
    uploaded_by = "system"
