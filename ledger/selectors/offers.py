"""A partner's automatic offers for whole histories, where each sale looks for what was on at its own time."""

from django.db.models import Q

from ledger.rules.offers import SaleOffer
from partners.models import Offer, Partner, Product
from partners.rules.offers import AUTOMATIC
from partners.selectors.catalog import with_descendants


def list_sale_offers(*, partner: Partner, card_id: int) -> tuple[SaleOffer, ...]:
    """Every multiplier and cashback of the partner that is on for the cards of a programme, with window, shops and the
    till's numbers of its goods.

    Goods are named by number only: files of sales that are told here know no categories.
    """
    rows = Offer.objects.filter(partner=partner, kind__in=AUTOMATIC, is_active=True, deleted_at=None)
    rows = rows.filter(Q(card_ids=[]) | Q(card_ids__contains=[card_id]))
    rows = rows.select_related("product").prefetch_related("categories", "shops").order_by("pk")
    return tuple(_sale_offer(partner, row) for row in rows)


def _sale_offer(partner: Partner, offer: Offer) -> SaleOffer:
    categories = [row.pk for row in offer.categories.all()]
    numbers = {offer.product.external_id} if offer.product is not None else set()
    if categories:
        wanted = with_descendants(partner=partner, category_ids=categories)
        goods = Product.objects.filter(partner=partner)
        for found in (goods.filter(category__in=wanted), goods.filter(categories__in=wanted)):
            numbers.update(found.values_list("external_id", flat=True))
    figure = offer.points_multiplier if offer.points_multiplier is not None else offer.discount_value
    assert figure is not None
    return SaleOffer(
        id=offer.pk,
        kind=offer.kind,
        figure=figure,
        priority=offer.priority,
        minimum_purchase=offer.minimum_purchase,
        maximum=offer.maximum_discount,
        products=frozenset(numbers) if categories or offer.product_id else None,
        valid_from=offer.valid_from,
        valid_until=offer.valid_until,
        shop_ids=frozenset(shop.pk for shop in offer.shops.all()),
    )
