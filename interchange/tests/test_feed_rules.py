"""Feeds are read piece by piece, strictly, and every item's values are checked."""

import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from interchange.rules import feed_reading
from interchange.rules.feed_reading import FeedBrokenError, read_items, sample_fields
from interchange.rules.feed_texts import FEED_REASONS, ITEM_REASONS
from interchange.rules.feed_values import ReadItem, read_item
from interchange.tests.feeds import feed, offer, opened, product


def items(content: bytes) -> list[Any]:
    return list(read_items(opened(content)))


def one(item: str) -> ReadItem:
    (found,) = items(feed(item))
    return read_item(found, language="lt", zone="Europe/Vilnius")


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        (b"<shop><product/><item/><offer/></shop>", ["product", "item", "offer"]),
        (b"<products><product/><product/></products>", ["products/product"] * 2),
        (b"<shop><products><product/></products><items><item/></items></shop>", ["products/product", "items/item"]),
        (b"<shop><offers><offer/></offers></shop>", ["offers/offer"]),
        (b"<rss><channel><item/></channel></rss>", ["item"]),
        (b'<a:products xmlns:a="urn:x"><a:Product/></a:products>', ["products/product"]),
        (b"<product/>", []),
        (b"<shop><a><b><c><d><product/></d></c></b></a></shop>", []),
        (b"<shop/>", []),
    ],
)
def test_items_are_found_where_feeds_have_them(content: bytes, paths: list[str]) -> None:
    assert [item.path for item in items(content)] == paths


def test_an_item_knows_its_line_its_texts_and_what_is_nested() -> None:
    content = b"""<products>
      <product id="A1">
        <name><![CDATA[Tea & <b>cake</b>]]></name>
        <name>second</name>
        <empty/>
        <categories><category>1</category><category> Food </category></categories>
      </product>

      <product><title>x</title></product>
    </products>"""
    first, second = items(content)
    assert (first.line, first.number, second.line, second.number) == (2, 1, 9, 2)
    assert first.texts == {
        "id": ["A1"],
        "name": ["Tea & <b>cake</b>", "second"],
        "empty": [""],
        "categories/category": ["1", "Food"],
    }
    assert sample_fields(first) == [
        {"name": "categories", "value": "[...]", "has_children": True},
        {"name": "id", "value": "A1", "has_children": False},
        {"name": "name", "value": "Tea & <b>cake</b>", "has_children": False},
        {"name": "empty", "value": "", "has_children": False},
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_xml"),
        (b"not xml", "not_xml"),
        (b"<products><product></products>", "not_xml"),
        (b"<products>&undefined;</products>", "not_xml"),
        (b"<products>\x00</products>", "not_xml"),
        (b"\xff\xfe\xfd", "not_xml"),
        (b'<?xml version="1.0" encoding="nonsense"?><products/>', "not_xml"),
        (b"<!DOCTYPE products><products/>", "document_type"),
        (b'<!DOCTYPE p [<!ENTITY a "b">]><p>&a;</p>', "document_type"),
        (b'<!DOCTYPE p SYSTEM "http://127.0.0.1/x.dtd"><p/>', "document_type"),
        (b'<!DOCTYPE p [<!ENTITY % x SYSTEM "file:///etc/passwd">%x;]><p/>', "document_type"),
        (b"<a>" * 65 + b"</a>" * 65, "too_deep"),
        (b"<p><product>" + b"<x/>" * 501 + b"</product></p>", "item_too_large"),
        (b"<p><product><name>" + b"x" * 100_001 + b"</name></product></p>", "text_too_long"),
    ],
)
def test_what_is_no_decent_xml_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FeedBrokenError) as caught:
        items(content)
    assert caught.value.reason == reason
    assert reason in FEED_REASONS


def test_64_levels_are_read() -> None:
    assert items(b"<a>" * 64 + b"</a>" * 64) == []


def test_too_many_items_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_reading, "MOST_ITEMS", 3)
    assert len(items(feed(*map(product, range(3))))) == 3
    with pytest.raises(FeedBrokenError, match="too_many_items"):
        items(feed(*map(product, range(4))))


def test_a_large_feed_takes_no_more_memory_than_a_piece_of_it() -> None:
    content = feed(*(product(number, "x" * 200) for number in range(30_000)))
    tracemalloc.start()
    count = sum(1 for _ in read_items(opened(content)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 3_000_000) == (30_000, True), peak


def test_every_field_of_a_product_is_read_by_each_of_its_tags() -> None:
    read = one(
        product(
            "A1",
            "Green tea",
            desc="From Japan",
            manufacturer="Leaf",
            model="M",
            ean13="4770001234567",
            code="SKU-1",
            price="12,50",
            sale_price="9.99 EUR",
            currency="eur",
            in_stock="limited",
            stock="7",
            shipping="Tomorrow",
            warranty="None",
            picture="https://p.example/1.png",
            link="https://s.example/1",
            weight="1 kg",
            color="green",
            size="L",
            featured="yes",
            category=["1", "Tea"],
        )
    )
    assert read.faults == []
    assert read.values == {
        "external_id": "A1",
        "xml_id": "A1",
        "name": "Green tea",
        "description": "From Japan",
        "brand": "Leaf",
        "model": "M",
        "ean": "4770001234567",
        "sku": "SKU-1",
        "price": Decimal("12.50"),
        "discounted_price": Decimal("9.99"),
        "currency": "EUR",
        "availability": "limited_stock",
        "stock_quantity": 7,
        "delivery_info": "Tomorrow",
        "warranty_info": "None",
        "image_url": "https://p.example/1.png",
        "external_url": "https://s.example/1",
        "weight": "1 kg",
        "color": "green",
        "size": "L",
        "is_featured": True,
    }
    assert read.categories == ["1", "Tea"]


def test_the_first_tag_that_is_there_counts() -> None:
    assert one(product("1", regular_price="3", price="2")).values["price"] == Decimal("2.00")
    assert one(product("1", "", title="Title")).values["name"] == "Title"
    assert one("<product><sku>S</sku><name>x</name></product>").values["external_id"] == "S"
    assert one("<product><ean>E</ean><name>x</name></product>").values["external_id"] == "E"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5", "12.50"),
        ("12", "12.00"),
        ("1 299,00", "1299.00"),
        ("1\u00a0299.9", "1299.90"),
        ("EUR 3.10", "3.10"),
        ("3.10EUR", "3.10"),
        ("€3,10", "3.10"),
        ("0", "0.00"),
        ("3.1000", "3.10"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, amount: str) -> None:
    assert one(product("1", price=text)).values["price"] == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("true", "in_stock"),
        ("1", "in_stock"),
        ("YES", "in_stock"),
        ("in stock", "in_stock"),
        ("false", "out_of_stock"),
        ("0", "out_of_stock"),
        ("no", "out_of_stock"),
        ("Out_Of_Stock", "out_of_stock"),
        ("limited", "limited_stock"),
    ],
)
def test_availability_is_mapped(text: str, found: str) -> None:
    assert one(product("1", availability=text)).values["availability"] == found


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ({"price": "free"}, ("price", "money")),
        ({"price": "-1"}, ("price", "money")),
        ({"price": "1.234"}, ("price", "money")),
        ({"price": "1e3"}, ("price", "money")),
        ({"price": "NaN"}, ("price", "money")),
        ({"price": "99999999999"}, ("price", "money")),
        ({"price": "١٢"}, ("price", "money")),
        ({"sale_price": "1"}, ("price", "required")),
        ({"stock": "many"}, ("stock_quantity", "count")),
        ({"stock": "-1"}, ("stock_quantity", "count")),
        ({"stock": "9999999999"}, ("stock_quantity", "count")),
        ({"currency": "euro"}, ("currency", "currency")),
        ({"availability": "perhaps"}, ("availability", "availability")),
        ({"image": "javascript:alert(1)"}, ("image_url", "link")),
        ({"image": "//p.example/1.png"}, ("image_url", "link")),
        ({"url": "http://" + "x" * 1_000}, ("external_url", "link")),
        ({"brand": "x" * 256}, ("brand", "too_long")),
        ({"ean": "4" * 33}, ("ean", "too_long")),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_fault_of_its_field(tags: dict[str, str], fault: tuple[str, str]) -> None:
    assert one(product("1", **tags)).faults == [fault]
    assert fault[1] in ITEM_REASONS


def test_a_product_without_name_or_number_is_refused() -> None:
    assert one("<product/>").faults == [("external_id", "required"), ("name", "required")]
    faults = one(product("x" * 101)).faults
    assert faults == [("sku", "too_long"), ("xml_id", "too_long"), ("external_id", "too_long")]


def test_an_offer_is_told_from_a_product_by_what_it_carries() -> None:
    read = one(
        offer(
            "O1",
            type="coupon",
            discount_type="percent",
            discount="15",
            start_date="2026-12-01",
            end_date="2026-12-31",
            points_cost="200",
            minimum_purchase="10",
        )
    )
    assert (read.is_offer, read.faults) == (True, [])
    assert read.values == {
        "external_id": "O1",
        "title": {"lt": "Half price"},
        "kind": "discount",
        "discount_type": "percentage",
        "discount_value": Decimal(15),
        "points_multiplier": None,
        "points_required": 200,
        "minimum_purchase": Decimal(10),
        "valid_from": datetime(2026, 11, 30, 22, tzinfo=UTC),
        "valid_until": datetime(2026, 12, 31, 22, tzinfo=UTC),
    }
    as_product = one(offer("P1", price="3"))
    assert (as_product.is_offer, as_product.values["name"]) == (False, "Half price")


@pytest.mark.parametrize(
    ("tags", "fault"),
    [
        ({"discount": "0"}, ("discount_value", "offer")),
        ({"discount": "101"}, ("discount_value", "offer")),
        ({"discount": "5", "type": "gift"}, ("type", "offer_type")),
        ({"discount": "5", "discount_type": "half"}, ("discount_type", "discount_type")),
        ({"discount_type": "percentage"}, ("discount_value", "offer")),
        ({"type": "points_multiplier", "multiplier": "1"}, ("points_multiplier", "offer")),
        ({"type": "points_multiplier", "multiplier": "2", "points_cost": "5"}, ("points_required", "offer")),
        ({"discount": "5", "valid_from": "soon"}, ("valid_from", "moment")),
        ({"discount": "5", "valid_from": "2026-12-02", "valid_until": "2026-12-01"}, ("valid_until", "offer")),
    ],
)
def test_an_offer_that_cannot_be_meant_is_refused(tags: dict[str, str], fault: tuple[str, str]) -> None:
    assert one(offer("1", **tags)).faults == [fault]


def test_a_multiplier_may_come_as_the_value_of_the_discount() -> None:
    read = one(offer("1", type="multiplier", discount_value="3"))
    assert (read.values["points_multiplier"], read.values["discount_value"], read.faults) == (Decimal(3), None, [])
