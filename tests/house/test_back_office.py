"""Every page of the back office: it opens, costs the same for 2 rows and for 20, and does nothing on GET."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics.models import PartnerDay
from cards.models import Card, CardShop, IssuedCard
from cards.services.issued_cards import issue_card, replace_card
from cards.services.qr_cards import open_qr_card
from cards.tests.factories import CardFactory
from commissions.models import PayoutRun, PayoutRunItem
from commissions.services.manual import NewLine, add_line
from commissions.services.payouts import issue_payout, mark_failed
from commissions.services.periods import lock_period
from commissions.services.sync import force_sync
from commissions.services.terms import set_terms
from commissions.tests.factories import RateFactory as CommissionRateFactory
from commissions.tests.payables import payable, with_bank
from customers.models import Customer, Person, QrLoginSession
from customers.services.qr_logins import open_qr_login
from customers.tests.factories import CustomerFactory, PersonFactory
from games.models import CouponBatch, Game, Play, Prize, StampEvent, StampProgress
from games.tests.factories import CouponFactory, GameFactory, PrizeFactory
from interchange.models import FeedImport, FeedRowError
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction, TransactionLine
from ledger.rules.cart import CartLine
from ledger.services.adjustments import adjust_points
from ledger.tests.tills import sell, take_back
from loyalty.models import AuditEvent, LoginSession, User
from loyalty.services.audit import SYSTEM
from loyalty.services.request_log import ApiCaller, Refused, record_failed_call
from loyalty.tests.factories import PASSWORD, AdminFactory, UserFactory
from messaging.models import Consent, Delivery, EmailMessage, Message, SentEmail, SmsMessage, SmsReceipt, SmsTemplate
from messaging.services.emails import queue_email
from messaging.services.sms import queue_sms
from messaging.services.sms_money import top_up
from messaging.tests.endpoints import EndpointFactory, waiting
from messaging.tests.factories import MessageFactory, MessageTemplateFactory
from messaging.tests.sms_factories import SmsAccountFactory
from partners.models import ApiCredential, Category, Offer, Partner, Product, Shop, StaffMember, Verification
from partners.services.credentials import issue_credential
from partners.tests.factories import (
    CategoryFactory,
    OfferFactory,
    PaperFactory,
    PartnerFactory,
    ProductFactory,
    ShopFactory,
    StaffFactory,
)

NOW = datetime.now(UTC).replace(microsecond=0)
REGISTRY: dict[Any, Any] = dict(admin.site._registry)
MODELS = sorted(REGISTRY, key=lambda model: model._meta.label)
ACTIONS = [
    (model, action.action_name, action.method)
    for model, page in sorted(REGISTRY.items(), key=lambda item: item[0]._meta.label)
    for action in [
        *page._get_base_actions_detail(),
        *page._get_base_actions_list(),
        *page._get_base_actions_row(),
        *page._get_base_actions_submit_line(),
    ]
]


def _populate(number: int) -> None:
    """One partner's small world; `number` keeps several apart."""
    partner = PartnerFactory(parent=PartnerFactory())
    shop = ShopFactory(partner=partner)
    staff = StaffFactory(partner=partner)
    staff.shops.add(shop)
    PaperFactory(partner=partner)
    issue_credential(actor=SYSTEM, partner=partner, name=f"Till {number}", at=NOW, shop=shop)
    category = CategoryFactory(partner=partner, parent=CategoryFactory(partner=partner))
    ProductFactory(partner=partner, category=category, price=5, discounted_price=4)
    offer = OfferFactory(partner=partner, valid_until=NOW + timedelta(days=9), usage_limit=5)
    offer.shops.add(shop)
    offer.categories.add(category)
    run = FeedImport.objects.create(
        partner=partner,
        source="url",
        url="https://shop.example/feed.xml",
        feed="x",
        status="failed",
        error_code="XML_VALIDATION_ERROR",
        error_reason="not_xml",
        actor_kind="system",
        created_at=NOW,
        finished_at=NOW,
    )
    FeedRowError.objects.create(feed_import=run, line=3, item=1, field="price", reason="money")
    card = CardFactory(partner=partner, points_redemption_enabled=True, points_expiration_days=365)
    CardShop.objects.create(card=card, shop=shop)
    customer = CustomerFactory(partner=partner, shop=shop, person=PersonFactory())
    issued = issue_card(actor=SYSTEM, partner=partner, card=card, customer=customer, at=NOW)
    line = CartLine(total_price=Decimal("20.00"), product_id="7", product_name="Tea")
    sell(partner, f"A-{number}", "20.00", at=NOW, customer=customer, shop=shop, lines=(line,))
    take_back(partner, f"A-{number}", "5.00", at=NOW)
    replace_card(actor=SYSTEM, partner=partner, issued_card=issued, reason="lost", at=NOW)
    _populate_commission(partner)
    PartnerDay.objects.create(partner=partner, local_on=NOW.date(), currency="EUR", purchases=1, revenue=20)
    EndpointFactory(partner=partner, state="disabled", reason="switched_off")
    delivery = waiting(EndpointFactory(partner=partner))
    Delivery.objects.filter(pk=delivery.pk).update(state="failed", finished_at=NOW)
    key = ApiCredential.objects.filter(partner=partner).latest("pk")
    caller = ApiCaller(key.pk, partner.pk)
    call = Refused(caller, "GET", "/en/shop/shops", [], 404, "RESOURCE_NOT_FOUND", ["card_id"], f"request-{number}")
    record_failed_call(call=call, at=NOW)
    Consent.objects.create(
        partner=partner, channel="email", address=customer.email, is_given=True, source="till", given_at=NOW
    )
    _populate_games(partner, issued)
    SentEmail.objects.create(to="a@example.test", sender="b@example.test", subject="Hello", body="Text")
    open_qr_login(
        partner=partner,
        credential=ApiCredential.objects.filter(partner=partner).latest("pk"),
        shop_id=shop.pk,
        reach=None,
        device_name="Till",
        at=NOW,
    )
    open_qr_card(
        partner=partner,
        credential=ApiCredential.objects.filter(partner=partner).latest("pk"),
        shop_id=shop.pk,
        reach=None,
        device_name="Till",
        at=NOW,
    )
    account = SmsAccountFactory(partner=partner)
    SmsTemplate.objects.create(partner=partner, code="app_link", language="lt", text="{{ link }}")
    queue_sms(partner=partner, phone=customer.phone, text="Hello", purpose="service", at=NOW)
    MessageFactory(partner=partner)
    MessageTemplateFactory(partner=partner)
    message = SmsMessage.objects.latest("pk")
    SmsReceipt.objects.create(partner=partner, message=message, status="SENT", happened_at=NOW, due_at=NOW)
    top_up(actor=SYSTEM, partner=partner, account_id=account.pk, amount=Decimal(5), reference="R", reason="", at=NOW)
    words = {"subject": "Hello", "message": "Text"}
    queue_email(partner=partner, to="a@example.test", template="custom", values=words, language="lt", at=NOW)
    failed = queue_email(partner=partner, to="b@example.test", template="custom", values=words, language="lt", at=NOW)
    EmailMessage.objects.filter(pk=failed.pk).update(status="failed", error="550 no such mailbox")
    batch = CouponBatch.objects.create(
        partner=partner, name=f"Flyer {number}", quantity=9, reward_type="fixed", reward_value=5, created_at=NOW
    )
    CouponFactory(partner=partner, issued_card=issued, customer=customer, batch=batch)
    Group.objects.create(name=f"Support {number}")
    LoginSession.objects.create(
        id=uuid.uuid4(),
        user=staff.user,
        realm="partner",
        partner_id=partner.pk,
        token_version=1,
        current=b"x" * 32,
        rotated_at=NOW,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    )


def _populate_commission(partner: Partner) -> None:
    """A rate, the lines of the partner's sales, the run that made them, their month, and a closed one."""
    CommissionRateFactory(partner=partner)
    closed = (NOW.replace(day=1) - timedelta(days=20)).strftime("%Y-%m")
    lock_period(actor=SYSTEM, partner=partner, month=closed, at=NOW)
    _populate_payouts(partner)
    force_sync(actor=SYSTEM, partner=partner, month=None, is_dry=False, at=NOW)
    set_terms(actor=SYSTEM, partner=partner, said={"minimum": 5}, valid_from=None, at=NOW)
    add_line(actor=SYSTEM, partner=partner, new=NewLine(reason="Goodwill", amount=Decimal(-1)), at=NOW)


def _populate_payouts(partner: Partner) -> None:
    """An account; a draft, one that failed, and one that stands in a bank file."""
    with_bank(partner)
    payable("-3.00", partner, month="2024-01", at=NOW)
    failed, live = (payable("-1.00", partner, month=f"2024-0{number}", at=NOW) for number in (2, 3))
    issue_payout(actor=SYSTEM, payout=failed, method="manual", at=NOW)
    mark_failed(actor=SYSTEM, payout=failed, reason="account closed", at=NOW)
    issue_payout(actor=SYSTEM, payout=live, method="bank_file", at=NOW)
    run = PayoutRun.objects.create(
        message_id=f"LOY{live.pk}",
        schema="pain.001.001.09",
        currency="EUR",
        execution_on=NOW.date(),
        count=1,
        total=1,
        file="<Document/>",
        checksum="0" * 64,
        created_at=NOW,
        created_by="system",
    )
    PayoutRunItem.objects.create(run=run, payout=live, amount=1, holder="UAB", iban="LT121000011101001000")


def _populate_games(partner: Partner, issued: IssuedCard) -> None:
    """A game of every type, a stamp card with a stamp, and a play."""
    for game_type in ("quiz", "memory", "collection", "scratch"):
        GameFactory(partner=partner, game_type=game_type, stamps_required=None)
    game = GameFactory(partner=partner)
    progress = StampProgress.objects.create(
        partner=partner, game=game, issued_card=issued, current_step=1, started_at=NOW, updated_at=NOW
    )
    StampEvent.objects.create(
        progress=progress, partner=partner, action="stamp_added", value=1, actor_kind="system", occurred_at=NOW
    )
    prize = PrizeFactory(game__partner=partner)
    Play.objects.create(
        partner=partner,
        game=prize.game,
        customer=issued.customer,
        issued_card=issued,
        status="completed",
        server_seed="s" * 64,
        seed_hash="h" * 64,
        odds=[{"key": str(prize.pk), "name": prize.name, "weight": 10}],
        prize=prize,
        local_on=NOW.date(),
        started_at=NOW,
        expires_at=NOW + timedelta(minutes=30),
        completed_at=NOW,
    )


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def _url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.django_db
def test_every_list_change_and_add_page_opens_with_data(boss: Client) -> None:
    _populate(1)
    for model in MODELS:
        row = model._default_manager.order_by("pk").last()
        assert row is not None, f"the world of this test holds no {model._meta.label}"
        assert boss.get(_url(model, "changelist")).status_code == 200, model
        assert boss.get(_url(model, "changelist"), {"q": "1"}).status_code == 200, model
        assert boss.get(_url(model, "changelist"), {"q": "something else"}).status_code == 200, model
        assert boss.get(_url(model, "change", row.pk)).status_code == 200, model
        page = REGISTRY[model]
        adds = page.has_add_permission(boss.get(_url(model, "changelist")).wsgi_request)
        assert boss.get(_url(model, "add")).status_code == (200 if adds else 403), model


RAW = re.compile(r"\((?:&#x27;|')[a-z_]+(?:&#x27;|'), |&lt;[A-Z]\w+ object|Decimal\(|datetime\.\w+\(|&lt;QuerySet")
SCRIPT = re.compile(r"<script\b.*?</script>|<[^>]*>", re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "lt"])
def test_no_page_shows_what_only_python_reads(boss: Client, language: str) -> None:
    _populate(1)
    boss.cookies["django_language"] = language
    urls = [_url(model, "changelist") for model in MODELS]
    for model in MODELS:
        urls.extend(_url(model, "change", pk) for pk in model._default_manager.values_list("pk", flat=True)[:6])
    found = {url: raw.group() for url in urls if (raw := RAW.search(SCRIPT.sub("", boss.get(url).content.decode())))}
    assert found == {}


def test_no_column_hides_behind_a_field_of_its_own_name() -> None:
    for model, page in REGISTRY.items():
        columns = {name for name in page.list_display if isinstance(name, str) and hasattr(type(page), name)}
        assert not columns & {field.name for field in model._meta.get_fields()}, model


@pytest.mark.django_db
def test_the_page_of_a_quiz_play_opens_although_nothing_is_drawn_in_it(boss: Client) -> None:
    _populate(1)
    play = Play.objects.latest("pk")
    state = {"quiz": {"answers": {"q1": {"score": 0}}}}
    Play.objects.filter(pk=play.pk).update(odds=[{"key": "q1"}, {"key": "q2"}], state=state, prize=None)
    page = boss.get(_url(Play, "change", play.pk))
    assert page.status_code == 200
    assert "Nothing is drawn in this game." in page.content.decode()
    assert "answers" not in boss.get(_url(Play, "changelist")).content.decode()


@pytest.mark.django_db
def test_a_page_that_asks_has_the_words_its_scripts_need(boss: Client, world_for_actions: None) -> None:
    for model, name, method in ACTIONS:
        page = boss.get(reverse(f"admin:{name}", args=[_subject(model, method).pk])).content.decode()
        first_script = page.find("admin/js/")
        assert first_script == -1 or 0 <= page.find(reverse("admin:jsi18n")) < first_script, name


@pytest.mark.django_db
def test_every_page_opens_in_lithuanian_and_for_those_who_may_only_look(client: Client) -> None:
    _populate(1)
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    client.cookies["django_language"] = "lt"
    for model in MODELS:
        if model is SentEmail:
            continue
        row = model._default_manager.order_by("pk").last()
        assert client.get(_url(model, "changelist")).status_code == 200, model
        answer = client.get(_url(model, "change", row.pk))
        assert answer.status_code == 200, model
        assert b'name="_save"' not in answer.content, model
        assert client.get(_url(model, "add")).status_code == 403, model
    assert client.get(_url(SentEmail, "changelist")).status_code == 403


@pytest.mark.django_db
def test_every_list_costs_as_many_queries_for_20_rows_as_for_2(boss: Client) -> None:
    def cost() -> dict[str, int]:
        found = {}
        for model in MODELS:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                boss.get(_url(model, "changelist"))
            found[model._meta.label] = len(queries)
        return found

    for number in range(2):
        _populate(number)
    cost()
    few = cost()
    for number in range(2, 20):
        _populate(number)
    assert cost() == few
    assert max(few.values()) <= 8


@pytest.mark.django_db
def test_no_list_counts_more_than_ten_thousand_rows(boss: Client) -> None:
    _populate(1)
    for model in MODELS:
        with CaptureQueriesContext(connection) as queries:
            boss.get(_url(model, "changelist"))
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert counts, model
        assert all("LIMIT 10000" in sql for sql in counts), counts


@pytest.mark.django_db
def test_nothing_can_be_deleted_and_no_action_runs_on_many_rows(boss: Client) -> None:
    _populate(1)
    for model in MODELS:
        row = model._default_manager.order_by("pk").last()
        before = model._default_manager.count()
        assert boss.post(_url(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        boss.post(_url(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk]})
        assert model._default_manager.count() == before, model


def test_every_action_asks_first_and_names_an_existing_permission(db: None) -> None:
    assert len(ACTIONS) == 53
    for _model, name, method in ACTIONS:
        assert method.is_confirmed, name
        (permission,) = method.allowed_permissions
        app, codename = permission.split(".")
        assert Permission.objects.filter(content_type__app_label=app, codename=codename).exists(), name


def _subject(model: Any, method: Any) -> Model:
    rows = [row for row in model._default_manager.order_by("pk") if method.when(row)]
    assert rows, f"the world of this test holds no {model._meta.label} for {method}"
    return rows[-1]


def _world() -> dict[str, list[Any]]:
    watched = (AuditEvent, Card, Customer, IssuedCard, PointsBalance, PointsEntry, PointsLot, Transaction, Shop)
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in (*watched, StaffMember, LoginSession, User, Person)
    }


@pytest.fixture
def world_for_actions() -> None:
    _populate(1)
    for status in ("pending_review", "approved", "documents_signed", "suspended", "rejected", "closed"):
        PartnerFactory(status=status)
    sell(PartnerFactory(), "anonymous", at=NOW)
    PersonFactory(is_active=False)
    IssuedCard.objects.create(
        partner=(card := CardFactory()).partner,
        card=card,
        customer=CustomerFactory(partner=card.partner),
        number="999-999-999",
        status="blocked",
        issued_at=NOW,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("model", "name", "method"), ACTIONS, ids=[name for _model, name, _method in ACTIONS])
def test_an_action_only_asks_on_get_and_needs_a_reason_and_a_permission(
    model: type[Model], name: str, method: Any, world_for_actions: None, client: Client
) -> None:
    url = reverse(f"admin:{name}", args=[_subject(model, method).pk])
    viewer, boss = UserFactory(is_staff=True), AdminFactory()
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    viewed = _world()
    assert client.get(url).status_code == 403
    assert client.post(url, {"reason": "why not"}).status_code == 403
    assert _world() == viewed
    client.force_login(boss)
    before = _world()
    for answer in (client.get(url), client.head(url), client.get(url, {"reason": "a reason"}), client.post(url, {})):
        assert answer.status_code == 200
    for method_name in ("put", "patch", "delete"):
        assert getattr(client, method_name)(url).status_code == 405
    assert _world() == before
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(boss)
    before = _world()
    assert guarded.post(url, {"reason": "a reason"}).status_code == 403
    assert _world() == before


@pytest.mark.django_db
def test_what_tenants_write_is_never_markup(boss: Client, world_for_actions: None) -> None:
    evil = "<img src=x onerror=alert(1)>"
    held = PointsBalance.objects.order_by("pk").last()
    assert held is not None
    adjust_points(
        actor=SYSTEM, partner=held.partner, issued_card=held.issued_card, points=5, reason=f"{evil} by staff", at=NOW
    )
    for model, fields in (
        (Partner, ("name", "legal_name", "description")),
        (Shop, ("name", "city")),
        (Customer, ("name",)),
        (Product, ("name",)),
        (Category, ("key",)),
        (FeedImport, ("file_name",)),
        (FeedRowError, ("external_id",)),
        (Transaction, ("description", "category")),
        (TransactionLine, ("product_name", "sku")),
        (SentEmail, ("subject", "body")),
        (SmsMessage, ("text", "error")),
        (EmailMessage, ("subject", "text", "error")),
        (Message, ("subject", "text")),
        (Verification, ("file_name", "uploaded_by")),
        (Person, ("name",)),
        (QrLoginSession, ("device_name",)),
    ):
        for row in model._default_manager.all():
            # Some of these are unique within a partner.
            model._default_manager.filter(pk=row.pk).update(**dict.fromkeys(fields, f"{evil}{row.pk}"))
    Offer.objects.update(title={"en": evil, "lt": evil}, minimum_level=evil)
    Game.objects.update(name={"en": evil}, description=evil, reward_description=evil, branding={"theme": evil})
    Game.objects.filter(game_type="stamps").update(stamp_design={"punch_text": evil, "stamp_icon": evil})
    Game.objects.filter(game_type="memory").update(config={"pairs": [{"key": "p1", "text": evil}]})
    Prize.objects.update(name=evil)
    Play.objects.update(odds=[{"key": evil, "name": evil, "weight": 1}])
    Card.objects.update(title={"en": evil, "lt": evil}, card_design={"text_color": evil, "background_color": "#x;}"})
    urls = ["/admin/"]
    for model in MODELS:
        urls.append(_url(model, "changelist"))
        urls.extend(_url(model, "change", pk) for pk in model._default_manager.values_list("pk", flat=True)[:3])
    urls.extend(reverse(f"admin:{name}", args=[_subject(model, method).pk]) for model, name, method in ACTIONS)
    for url in urls:
        answer = boss.get(url)
        assert answer.status_code == 200, url
        assert "<img src=x" not in answer.content.decode(), url


@pytest.mark.django_db
def test_the_overview_opens_empty_and_with_sales(boss: Client) -> None:
    assert "No till has sent a sale yet" in boss.get("/admin/").content.decode()
    _populate(1)
    page = boss.get("/admin/").content.decode()
    assert "20.00 EUR" in page
    assert f"{chr(0x2212)}5.00 EUR" in page


@pytest.mark.django_db
def test_strangers_see_only_the_log_in(client: Client) -> None:
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/login/").status_code == 200
    client.force_login(UserFactory())
    assert client.get("/admin/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["/admin/login/", "/admin/login/?next=/admin/games/game/", "/admin/"])
def test_logging_in_leads_to_what_was_asked_for_or_to_the_first_page(where: str) -> None:
    admin, client = AdminFactory(), Client()
    form = client.get(where, follow=True)
    address = form.redirect_chain[-1][0] if form.redirect_chain else where
    last = client.post(address, {"username": admin.email, "password": PASSWORD}, follow=True)
    assert (last.status_code, last.wsgi_request.path) == (200, "/admin/games/game/" if "game" in where else "/admin/")
