"""Feeds over the Shop API (contract 8): from an address, from a file, looked at, remembered."""

import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interchange.errors import ImportRunning
from interchange.models import FeedFile, FeedImport, FeedRowError
from interchange.services import feed_imports
from interchange.services.feed_imports import FeedOrder, import_feed, run_queued_import, validate_feed
from interchange.services.resuming import resume_imports
from interchange.tests.feeds import feed, offer, product
from loyalty.models import AuditEvent
from loyalty.outbound.tests.servers import FeedServer, plain, serving
from loyalty.services.audit import SYSTEM
from partners.models import Category, Offer, OfferCategory, Partner, Product, ProductCategory
from partners.tests.callers import Caller, credential_caller
from partners.tests.factories import CategoryFactory, PartnerFactory, ProductFactory, ShopFactory

pytestmark = pytest.mark.django_db
SHOP = "/en/shop"
COUNTS = ("products_created", "products_updated", "products_unchanged", "products_deactivated", "errors_count")


@pytest.fixture
def partner(db: None) -> Partner:
    return PartnerFactory()


@pytest.fixture
def till(partner: Partner) -> Caller:
    return credential_caller(partner, scopes=["read", "write"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[FeedServer]:
    """A feed's own server, which a development machine may reach."""
    settings.DEBUG = True
    with serving(plain(b"")) as running:
        monkeypatch.setenv("OUTBOUND_LOOPBACK_PORTS", str(running.port))
        yield running


def take(till: Caller, content: bytes, status: int = 200, name: str = "feed.xml", **form: Any) -> dict[str, Any]:
    """Upload a feed."""
    form = {"xml_file": SimpleUploadedFile(name, content, "application/xml"), **form}
    answer = till.client.post(f"{SHOP}/xml-import/from-file", form)
    assert answer.status_code == status, answer.content
    return answer.json()


def counts(answer: dict[str, Any]) -> tuple[int, ...]:
    return tuple(answer["data"][name] for name in COUNTS)


def state() -> list[Any]:
    return [
        list(model._default_manager.order_by("pk").values_list())
        for model in (Product, ProductCategory, Category, Offer, OfferCategory)
    ]


TWO = feed(
    product("1", "Green tea", price="5.00", category=["Drinks", "Tea"], availability="in_stock"),
    product("2", "Cup", price="3.00", image="https://p.example/2.png"),
)


def test_a_feed_becomes_products_and_their_categories(till: Caller, partner: Partner) -> None:
    answer = take(till, TWO)
    assert counts(answer) == (2, 0, 0, 0, 0)
    assert (answer["data"]["status"], answer["data"]["errors"], answer["data"]["items"]) == ("completed", [], 2)
    tea, cup = Product.objects.filter(partner=partner).order_by("external_id")
    assert (tea.name, tea.price, tea.currency, tea.is_active, tea.availability) == (
        "Green tea",
        Decimal("5.00"),
        "EUR",
        True,
        "in_stock",
    )
    assert (tea.category.key, [row.key for row in tea.categories.order_by("key")]) == ("drinks", ["drinks", "tea"])
    assert Category.objects.get(key="tea").name == {"lt": "Tea"}
    assert (cup.category, cup.image_url) == (None, "https://p.example/2.png")
    event = AuditEvent.objects.get(action="catalog.imported")
    assert (event.partner_id, event.changes) == (partner.pk, {"items": [None, 2], "products_created": [None, 2]})


def test_a_feed_imported_twice_changes_nothing(till: Caller) -> None:
    content = TWO.replace(b"</products>", offer("O", discount="5", category="Tea").encode() + b"</products>")
    take(till, content)
    before = state()
    answer = take(till, content)
    assert counts(answer) == (0, 0, 2, 0, 0)
    assert [answer["data"][f"offers_{word}"] for word in ("created", "updated", "unchanged")] == [0, 0, 1]
    assert state() == before


def test_what_the_feed_changes_is_changed_and_what_it_leaves_out_stays(till: Caller, partner: Partner) -> None:
    take(till, TWO)
    Product.objects.filter(external_id="1").update(brand="By hand", earns_points=False)
    food = CategoryFactory(partner=partner, key="food")
    below = CategoryFactory(partner=partner, key="leaves", parent=food)
    answer = take(till, feed(product("1", "Sencha", category=below.pk), product("2", "Cup")))
    assert counts(answer) == (0, 1, 1, 0, 0)
    tea = Product.objects.get(external_id="1")
    assert (tea.name, tea.brand, tea.price, tea.earns_points) == ("Sencha", "By hand", Decimal("5.00"), False)
    assert (tea.category, set(tea.categories.all())) == (below, {food, below})
    assert Product.objects.get(external_id="2").image_url == "https://p.example/2.png"


def test_an_item_that_is_wrong_is_told_by_line_and_field_and_the_others_are_taken(till: Caller) -> None:
    answer = take(
        till,
        feed(
            product("1"),
            product("2", price="free", stock="many", category="New"),
            product("1", "Twice"),
            product("3", category="999999999"),
            product("4"),
        ),
    )
    assert counts(answer) == (2, 0, 0, 0, 3)
    assert answer["data"]["errors"] == [
        {"line": 4, "item": 2, "external_id": "2", "field": "price", "message": "This is no amount."},
        {"line": 4, "item": 2, "external_id": "2", "field": "stock_quantity", "message": "This is no whole number."},
        {
            "line": 5,
            "item": 3,
            "external_id": "1",
            "field": "external_id",
            "message": "The feed has this number twice; the first one counts.",
        },
        {
            "line": 6,
            "item": 4,
            "external_id": "3",
            "field": "categories",
            "message": "There is no category with this number.",
        },
    ]
    assert sorted(Product.objects.values_list("external_id", "name")) == [("1", "Tea"), ("4", "Tea")]
    assert not Category.objects.exists()
    shown = till.get(f"{SHOP}/xml-import/{answer['data']['import_id']}")["data"]
    assert shown["errors"] == answer["data"]["errors"]
    lithuanian = till.get(f"/lt/shop/xml-import/{answer['data']['import_id']}")["data"]
    assert lithuanian["errors"][0]["message"] == "Tai ne suma."


def test_another_partner_s_categories_and_numbers_are_not_ours(till: Caller) -> None:
    stranger = CategoryFactory(key="tea")
    theirs = ProductFactory(external_id="1", name="Theirs")
    answer = take(till, feed(product("1", category="Tea"), product("2", category=stranger.pk)))
    assert counts(answer) == (1, 0, 0, 0, 1)
    assert Category.objects.filter(key="tea").count() == 2
    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


def test_products_gone_from_the_feed_are_switched_off_only_where_asked_and_come_back(till: Caller) -> None:
    take(till, TWO)
    ProductFactory(partner=Product.objects.first().partner, external_id="BY HAND")
    less = feed(product("1", "Green tea", price="5.00"))
    assert counts(take(till, less)) == (0, 0, 1, 0, 0)
    assert counts(take(till, less, deactivate_missing="true")) == (0, 0, 1, 1, 0)
    cup = Product.objects.get(external_id="2")
    assert (cup.is_active, cup.missing_since is None) == (False, False)
    assert Product.objects.filter(is_active=True).count() == 2
    # A refused item is in the feed all the same.
    broken = feed(product("1", price="free"), product("2", "Cup", price="3.00", image="https://p.example/2.png"))
    assert counts(take(till, broken, deactivate_missing="true")) == (0, 1, 0, 0, 1)
    cup.refresh_from_db()
    assert (cup.is_active, cup.missing_since) == (True, None)
    # Another feed does not miss it.
    assert counts(take(till, feed(product("9")), name="other.xml", deactivate_missing="1")) == (1, 0, 0, 0, 0)


def test_new_products_wait_for_a_person_where_asked(till: Caller) -> None:
    take(till, TWO, auto_publish="false")
    assert not Product.objects.filter(is_active=True).exists()
    Product.objects.filter(external_id="1").update(is_active=True)
    take(till, TWO)
    assert list(Product.objects.filter(is_active=True).values_list("external_id", flat=True)) == ["1"]


def test_a_deleted_product_comes_back_with_the_feed(till: Caller) -> None:
    take(till, TWO)
    Product.objects.filter(external_id="1").update(deleted_at=timezone.now(), is_active=False)
    assert counts(take(till, TWO)) == (0, 1, 1, 0, 0)
    assert Product.objects.filter(deleted_at=None, is_active=True).count() == 2


def test_offers_of_a_feed_are_made_and_changed(till: Caller, partner: Partner) -> None:
    take(till, feed(offer("O", type="multiplier", multiplier="2", category="Tea")))
    found = Offer.objects.get(partner=partner)
    assert (found.kind, found.points_multiplier, found.title, found.external_id) == (
        "points_multiplier",
        Decimal(2),
        {"lt": "Half price"},
        "O",
    )
    assert [row.key for row in found.categories.all()] == ["tea"]
    answer = take(till, feed(offer("O", type="multiplier", multiplier="3")))
    assert [answer["data"][f"offers_{word}"] for word in ("created", "updated", "unchanged")] == [0, 1, 0]
    found.refresh_from_db()
    assert found.points_multiplier == Decimal(3)


@pytest.mark.parametrize(
    ("first", "then", "field"),
    [
        ({"valid_from": "2030-06-01"}, {"valid_until": "2030-01-01"}, "valid_until"),
        ({}, {"type": "cashback"}, "usage_limit"),
    ],
)
def test_an_offer_that_no_longer_fits_what_is_kept_of_it_is_refused_alone(
    till: Caller, first: dict[str, str], then: dict[str, str], field: str
) -> None:
    take(till, feed(offer("O1", discount_value="10", **first)))
    Offer.objects.update(usage_limit=5)
    before = list(Offer.objects.values())
    answer = take(till, feed(offer("O1", discount_value="10", **then), offer("O2", discount_value="20")))["data"]
    assert (answer["offers_created"], answer["offers_updated"], answer["errors_count"]) == (1, 0, 1)
    assert [(row["external_id"], row["field"]) for row in answer["errors"]] == [("O1", field)]
    assert list(Offer.objects.filter(external_id="O1").values()) == before


def test_a_maximum_of_nothing_is_none(till: Caller) -> None:
    answer = take(till, feed(offer("O1", discount_value="10", maximum_discount="0.00")))["data"]
    assert (answer["offers_created"], answer["errors_count"]) == (1, 0)
    assert Offer.objects.get().maximum_discount is None


def test_a_feed_that_breaks_off_at_its_end_changes_nothing(till: Caller) -> None:
    before = state()
    content = feed(*(product(number) for number in range(2_000)))[:-20]
    answer = take(till, content, 400)
    assert (answer["code"], answer["error_number"]) == ("XML_VALIDATION_ERROR", 1701)
    assert state() == before
    run = FeedImport.objects.get()
    assert (run.status, run.error_code, run.error_reason) == ("failed", "XML_VALIDATION_ERROR", "not_xml")


@pytest.mark.parametrize(
    ("content", "status", "code", "number"),
    [
        (b"<shop/>", 400, "XML_IMPORT_FAILED", 1700),
        (b"", 422, "VALIDATION_ERROR", 1100),
        (b"{}", 400, "XML_VALIDATION_ERROR", 1701),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 400, "XML_VALIDATION_ERROR", 1701),
        (b"<p>" + b" " * 10_000_001 + b"</p>", 422, "XML_FILE_TOO_LARGE", 1706),
        (gzip.compress(b"<p>" + b" " * 60_000_000 + b"</p>"), 422, "XML_FILE_TOO_LARGE", 1706),
        (gzip.compress(TWO)[:-9], 400, "XML_IMPORT_FAILED", 1700),
    ],
)
def test_a_file_that_is_no_feed_gets_its_number(
    till: Caller, content: bytes, status: int, code: str, number: int
) -> None:
    before = state()
    answer = take(till, content, status)
    assert (answer["code"], answer["error_number"]) == (code, number)
    assert "passwd" not in str(answer)
    assert state() == before


def test_a_packed_file_is_taken_under_either_name(till: Caller) -> None:
    assert counts(take(till, gzip.compress(TWO), name="feed.xml.gz")) == (2, 0, 0, 0, 0)
    form = {"file": SimpleUploadedFile("x.xml", TWO)}
    assert till.client.post(f"{SHOP}/xml-import/from-file", form).status_code == 200
    assert till.client.post(f"{SHOP}/xml-import/from-file", {}).status_code == 422
    json = till.client.post(f"{SHOP}/xml-import/from-file", "{}", content_type="application/json")
    assert json.status_code == 415


def test_one_key_and_file_is_imported_once(till: Caller) -> None:
    headers = {"Idempotency-Key": "feed-1"}

    def send(content: bytes) -> Any:
        form = {"xml_file": SimpleUploadedFile("feed.xml", content)}
        return till.client.post(f"{SHOP}/xml-import/from-file", form, headers=headers)

    first = send(TWO)
    again = send(TWO)
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (200, 200, "true")
    assert send(feed(product("9"))).status_code == 422
    assert FeedImport.objects.count() == 1


# --- from an address


def test_a_feed_is_fetched_and_remembered(till: Caller, server: FeedServer) -> None:
    server.answer = plain(TWO)
    for field in ("url", "xml_url"):
        answer = till.post(f"{SHOP}/xml-import/from-url", {field: server.url(), "auto_publish": True}, 200)
    assert counts(answer) == (0, 0, 2, 0, 0)
    rows = till.get(f"{SHOP}/xml-import/history", 200, limit=1)["data"]
    assert [(row["url"], row["status"], row["products_unchanged"]) for row in rows] == [(server.url(), "completed", 2)]
    stats = till.get(f"{SHOP}/xml-import/stats")["data"]
    assert stats["last_import"] == rows[0]["finished_at"]
    assert {name: stats[name] for name in stats if name != "last_import"} == {
        "total_products": 2,
        "total_offers": 0,
        "products_with_images": 1,
        "products_with_discount": 0,
        "products_in_stock": 2,
        "categories_used": 2,
    }
    board = till.get(f"{SHOP}/xml-import")["data"]
    assert (len(board["recent_imports"]), board["stats"], board["limits"]["items"]) == (2, stats, 100_000)
    sync = till.get(f"{SHOP}/products/sync-status")["data"]
    assert (sync["total_products"], sync["active_products"], sync["last_sync"]) == (2, 2, stats["last_import"])
    assert till.get(f"{SHOP}/sync-status")["data"] == {
        "total_offers": 0,
        "active_offers": 0,
        "expired_offers": 0,
        "last_sync": stats["last_import"],
    }


def test_validation_stores_nothing(till: Caller, server: FeedServer) -> None:
    server.answer = plain(TWO.replace(b"3.00", b"free"))
    before = state()
    first = till.post(f"{SHOP}/xml-import/validate", {"url": server.url()}, 200)["data"]
    second = till.post(f"{SHOP}/xml-import/from-url", {"url": server.url(), "validate_only": True}, 200)["data"]
    assert first == second
    assert (first["is_valid"], first["product_count"]) == (True, 2)
    assert first["structure"]["detected_path"] == "products/product"
    assert {"name": "price", "value": "5.00", "has_children": False} in first["structure"]["sample_fields"]
    assert [(row["line"], row["field"]) for row in first["errors"]] == [(4, "price")]
    server.answer = plain(b"<nothing/>")
    assert till.post(f"{SHOP}/xml-import/validate", {"url": server.url()}, 200)["data"] == {
        "is_valid": False,
        "product_count": 0,
        "structure": {},
        "errors": [],
    }
    server.answer = plain(b"no xml: SECRET")
    answer = till.post(f"{SHOP}/xml-import/validate", {"url": server.url()}, 400)
    assert answer["code"] == "XML_VALIDATION_ERROR"
    assert "SECRET" not in str(answer)
    assert (state(), FeedImport.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/feed.xml",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://0x7f000001/",
        "file:///etc/passwd",
        "not an address",
    ],
)
def test_a_closed_address_is_refused_and_stands_in_the_history(till: Caller, url: str) -> None:
    for path in ("from-url", "validate"):
        answer = till.post(f"{SHOP}/xml-import/{path}", {"url": url}, 400)
        assert (answer["code"], answer["error_number"]) == ("XML_IMPORT_FAILED", 1700)
    row = till.get(f"{SHOP}/xml-import/history")["data"][0]
    assert (row["status"], row["error_code"]) == ("failed", "XML_IMPORT_FAILED")
    assert row["error_message"]


def test_the_allowance_of_a_development_machine_is_nothing_in_production(
    till: Caller, server: FeedServer, settings: Any
) -> None:
    settings.DEBUG = False
    server.answer = plain(TWO)
    assert till.post(f"{SHOP}/xml-import/from-url", {"url": server.url()}, 400)["code"] == "XML_IMPORT_FAILED"
    assert server.asked == []


def test_the_tags_are_listed(till: Caller) -> None:
    data = till.get(f"{SHOP}/xml-import/field-mappings")["data"]
    assert data["product_fields"]["image_url"][:3] == ["image", "image_url", "picture"]
    assert data["category_fields"] == {"categories": ["categories/category", "category"]}
    assert "discount_value" in data["offer_fields"]


# --- large ones


def test_a_large_feed_is_left_to_a_worker(
    till: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(feed_imports, "INLINE_ITEMS", 1)
    with django_capture_on_commit_callbacks() as started:
        answer = take(till, TWO)
    data = answer["data"]
    assert (data["status"], data["items"], data["products_created"], len(started)) == ("queued", 2, 0, 1)
    assert not Product.objects.exists()
    for _ in range(2):  # a message that comes twice
        run_queued_import(feed_import_id=data["import_id"], at=timezone.now())
    shown = till.get(f"{SHOP}/xml-import/{data['import_id']}")["data"]
    assert (shown["status"], shown["products_created"], FeedFile.objects.count()) == ("completed", 2, 0)
    assert AuditEvent.objects.filter(action="catalog.imported").count() == 1


@pytest.mark.parametrize(("fault", "status"), [(IntegrityError, "failed"), (OperationalError, "running")])
def test_a_waiting_feed_that_cannot_be_stored_is_given_up_unless_waiting_helps(
    till: Caller, partner: Partner, monkeypatch: pytest.MonkeyPatch, fault: type[Exception], status: str
) -> None:
    monkeypatch.setattr(feed_imports, "INLINE_ITEMS", 1)
    pk = take(till, TWO)["data"]["id"]

    def fail(*_args: Any) -> None:
        raise fault

    monkeypatch.setattr(feed_imports, "_store", fail)
    with pytest.raises(fault):
        run_queued_import(feed_import_id=pk, at=timezone.now())
    assert till.get(f"{SHOP}/xml-import/{pk}")["data"]["status"] == status
    assert FeedFile.objects.exists() is (status == "running")


def test_imports_that_nobody_works_on_are_taken_up_again(
    till: Caller, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(feed_imports, "INLINE_ITEMS", 1)
    waiting = take(till, TWO)["data"]["import_id"]
    died = FeedImport.objects.create(
        partner=FeedImport.objects.get().partner, source="url", feed="x", actor_kind="system", created_at=timezone.now()
    )
    with django_capture_on_commit_callbacks() as started:
        assert resume_imports(at=timezone.now()) == 0
    later = timezone.now() + timedelta(minutes=16)
    with django_capture_on_commit_callbacks() as started:
        assert resume_imports(at=later) == 2
    died.refresh_from_db()
    assert (len(started), died.status, died.error_reason) == (1, "failed", "interrupted")
    assert FeedImport.objects.get(pk=waiting).status == "queued"


def test_a_thousand_items_take_few_statements(till: Caller) -> None:
    content = feed(*(product(number, price="1.00", category="Tea") for number in range(1_000)))
    with CaptureQueriesContext(connection) as first:
        assert counts(take(till, content)) == (1_000, 0, 0, 0, 0)
    with CaptureQueriesContext(connection) as second:
        assert counts(take(till, content)) == (0, 0, 1_000, 0, 0)
    assert len(first) < 80
    assert len(second) < 60


# --- whose


def test_the_history_is_one_s_own_and_can_be_tidied(till: Caller) -> None:
    stranger = credential_caller(PartnerFactory(), scopes=["read", "write"])
    pk = take(till, TWO)["data"]["import_id"]
    stranger.get(f"{SHOP}/xml-import/{pk}", 404)
    stranger.delete(f"{SHOP}/xml-import/{pk}", 404)
    assert stranger.get(f"{SHOP}/xml-import/history")["data"] == []
    last = till.get(f"{SHOP}/xml-import/stats")["data"]["last_import"]
    till.delete(f"{SHOP}/xml-import/{pk}")
    till.get(f"{SHOP}/xml-import/{pk}", 404)
    assert till.get(f"{SHOP}/xml-import/history")["data"] == []
    assert (Product.objects.count(), till.get(f"{SHOP}/xml-import/stats")["data"]["last_import"]) == (2, last)
    assert AuditEvent.objects.filter(action="feed_import.deleted").count() == 1


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5"])
def test_a_limit_that_cannot_be_meant_is_refused(till: Caller, limit: str) -> None:
    assert "limit" in till.get(f"{SHOP}/xml-import/history", 422, limit=limit)["errors"]


def test_who_reads_or_reaches_one_shop_imports_nothing(partner: Partner) -> None:
    reader = credential_caller(partner, scopes=["read"])
    assert take(reader, TWO, 403)["code"] == "SCOPE_INSUFFICIENT"
    bound = credential_caller(partner, ShopFactory(partner=partner), scopes=["read", "write"])
    assert take(bound, TWO, 403)["code"] == "STORE_ACCESS_DENIED"
    assert (
        bound.post(f"{SHOP}/xml-import/from-url", {"url": "https://x.example/"}, 403)["code"] == "STORE_ACCESS_DENIED"
    )
    assert not Product.objects.exists()


def test_errors_beyond_a_thousand_are_counted_but_not_kept(till: Caller) -> None:
    answer = take(till, feed(*(product(number, price="free") for number in range(1_200))))
    assert (answer["data"]["errors_count"], len(answer["data"]["errors"])) == (1_200, 100)
    assert FeedRowError.objects.count() == 1_000


@pytest.mark.django_db(transaction=True)
def test_a_slow_host_holds_one_request_of_a_partner_and_nobody_else_s(server: FeedServer) -> None:
    partner, other = PartnerFactory(), PartnerFactory()
    asked, go_on = threading.Event(), threading.Event()

    def slow(handler: Any) -> None:
        asked.set()
        go_on.wait(60)
        plain(TWO)(handler)

    def look(whose: Partner) -> int:
        order = FeedOrder(url=server.url())
        return validate_feed(partner=whose, order=order, allowance=server.allowance).count

    def first() -> None:
        try:
            counted.append(look(partner))
        finally:
            connections.close_all()

    counted: list[int] = []
    server.answer = slow
    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert asked.wait(60)
        server.answer = plain(TWO)
        with pytest.raises(ImportRunning):
            look(partner)
        assert look(other) == 2
    finally:
        go_on.set()
        thread.join(10)
    assert (counted, look(partner)) == ([2], 2)


def test_a_feed_is_fetched_outside_of_any_transaction(
    till: Caller, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an Idempotency-Key too: its transaction would be held open by a stranger's server."""
    inside: list[int] = []
    fetch, level = feed_imports.fetch, len(connection.savepoint_ids)

    def watched(*args: Any, **options: Any) -> Any:
        inside.append(len(connection.savepoint_ids) - level)
        return fetch(*args, **options)

    monkeypatch.setattr(feed_imports, "fetch", watched)
    server.answer = plain(TWO)
    for path in ("from-url", "validate"):
        till.post(f"{SHOP}/xml-import/{path}", {"url": server.url()}, 200, **{"Idempotency-Key": f"key-{path}"})
    assert inside == [0, 0]
    # What failed stands in the history.
    server.answer = plain(b"<products/>")
    till.post(f"{SHOP}/xml-import/from-url", {"url": server.url()}, 400, **{"Idempotency-Key": "key-of-failure"})
    assert [row["status"] for row in till.get(f"{SHOP}/xml-import/history")["data"]] == ["failed", "completed"]


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_feed_at_once_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    partner = PartnerFactory()
    inside, go_on = threading.Event(), threading.Event()
    store = feed_imports._store

    def slow(*args: Any) -> None:
        inside.set()
        go_on.wait(60)
        store(*args)

    monkeypatch.setattr(feed_imports, "_store", slow)

    def run() -> None:
        try:
            order = FeedOrder(file=SimpleUploadedFile("feed.xml", TWO), file_name="feed.xml")
            import_feed(actor=SYSTEM, partner=partner, order=order, at=timezone.now())
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert inside.wait(60)
    order = FeedOrder(file=SimpleUploadedFile("feed.xml", TWO), file_name="feed.xml")
    with pytest.raises(ImportRunning):
        import_feed(actor=SYSTEM, partner=partner, order=order, at=timezone.now())
    go_on.set()
    thread.join(10)
    assert (Product.objects.count(), FeedImport.objects.get().status) == (2, "completed")
