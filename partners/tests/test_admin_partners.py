"""The back office's pages of partners, staff and API credentials."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import AuditEvent
from loyalty.tests.browser import form_values
from loyalty.tests.factories import AdminFactory
from partners.models import ApiCredential, ApiSecret, Category, Partner, Product, Shop, StaffMember
from partners.rules.secrets import SECRET_PREFIX
from partners.tests.factories import CategoryFactory, PartnerFactory, ShopFactory, StaffFactory, UserFactory

SECRET = re.compile(SECRET_PREFIX + r"[0-9A-Za-z]{49}")


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory(email="boss@example.test"))
    return client


def _url(noun: str, page: str, *args: Any) -> str:
    return reverse(f"admin:partners_{noun}_{page}", args=args)


def _audit(action: str) -> list[tuple[Any, ...]]:
    rows = AuditEvent.objects.filter(action=action).order_by("id")
    return list(rows.values_list("actor_kind", "actor_id", "partner_id", "target_id", "changes", "reason"))


@pytest.mark.django_db
def test_a_changed_partner_is_audited_with_before_after_reason_and_nothing_else(boss: Client) -> None:
    partner = PartnerFactory(name="Kava", contact_email="old@kava.test")
    url = _url("partner", "change", partner.pk)
    sent = form_values(boss, url) | {
        "name": "Kava ir Ko",
        "contact_email": "new@kava.test",
        "audit_reason": "They asked",
    }
    assert boss.post(url, sent).status_code == 302
    partner.refresh_from_db()
    assert (partner.name, partner.contact_email) == ("Kava ir Ko", "new@kava.test")
    ((kind, actor, owner, target, changes, reason),) = _audit("partner.updated")
    me = boss.session["_auth_user_id"]
    assert (kind, str(actor), owner, target, reason) == ("admin", me, partner.pk, str(partner.pk), "They asked")
    assert set(changes) == {"name", "contact_email"}
    assert changes["name"] == ["Kava", "Kava ir Ko"]
    assert all(value.startswith("#") and "@" not in value for value in changes["contact_email"])


@pytest.mark.django_db
def test_saving_without_a_change_writes_nothing(boss: Client) -> None:
    for noun, row in (("partner", PartnerFactory()), ("shop", ShopFactory()), ("category", CategoryFactory())):
        url = _url(noun, "change", row.pk)
        assert boss.post(url, form_values(boss, url)).status_code == 302, noun
    assert list(AuditEvent.objects.values_list("changes")) == []


@pytest.mark.django_db
def test_a_partner_cannot_come_to_belong_to_itself(boss: Client) -> None:
    top = PartnerFactory()
    below = PartnerFactory(parent=PartnerFactory(parent=top))
    url = _url("partner", "change", top.pk)
    answer = boss.post(url, form_values(boss, url) | {"parent": below.pk})
    assert answer.status_code == 200
    assert "parent" in answer.context["adminform"].form.errors
    assert Partner.objects.get(pk=top.pk).parent is None


@pytest.mark.django_db
def test_a_new_partner_gets_levels_languages_and_an_audit_row(boss: Client) -> None:
    url = _url("partner", "add")
    sent = form_values(boss, url) | {
        "name": "Nauja",
        "contact_email": "info@nauja.test",
        "plan": PartnerFactory().plan_id,
        "levels": "Bronze: 0\nGold: 5000\n",
        "country": "lt",
        "currency": "eur",
    }
    assert boss.post(url, sent).status_code == 302
    made = Partner.objects.get(name="Nauja")
    assert (made.levels, made.languages, made.currency) == ({"Bronze": 0, "Gold": 5000}, ["en", "lt"], "EUR")
    ((_kind, _actor, owner, target, changes, _reason),) = _audit("partner.created")
    assert (owner, target) == (made.pk, str(made.pk))
    assert changes["name"] == [None, "Nauja"]
    for wrong in ("Gold 5000", "Gold: -1", ": 5"):
        assert "levels" in boss.post(url, sent | {"levels": wrong}).context["adminform"].form.errors


@pytest.mark.django_db
def test_working_hours_are_seven_inputs_and_come_back_as_one_object(boss: Client) -> None:
    shop = ShopFactory(working_hours={"monday": "08:00-20:00"})
    url = _url("shop", "change", shop.pk)
    sent = form_values(boss, url)
    assert sent["working_hours_monday"] == ["08:00-20:00"]
    boss.post(url, sent | {"working_hours_sunday": "10:00-16:00", "working_hours_monday": ""})
    assert Shop.objects.get(pk=shop.pk).working_hours == {"sunday": "10:00-16:00"}


@pytest.mark.django_db
def test_a_staff_members_shops_are_audited_and_must_be_the_partners_own(boss: Client) -> None:
    staff, foreign = StaffFactory(role="cashier"), ShopFactory()
    first, second = ShopFactory(partner=staff.partner), ShopFactory(partner=staff.partner)
    staff.shops.add(first)
    url = _url("staffmember", "change", staff.pk)
    sent = form_values(boss, url)
    answer = boss.post(url, sent | {"works_in": [foreign.pk]})
    assert "works_in" in answer.context["adminform"].form.errors
    assert boss.post(url, sent | {"works_in": [second.pk], "audit_reason": "moved"}).status_code == 302
    assert list(staff.shops.all()) == [second]
    ((*_who, owner, target, changes, reason),) = _audit("staffmember.updated")
    assert (owner, target, reason) == (staff.partner_id, str(staff.pk), "moved")
    assert changes == {"shops": [[first.pk], [second.pk]]}


@pytest.mark.django_db
def test_a_staff_member_is_added_with_shops(boss: Client) -> None:
    shop, user = ShopFactory(), UserFactory()
    sent = {"partner": shop.partner_id, "email": user.email, "role": "cashier", "works_in": [shop.pk]}
    assert boss.post(_url("staffmember", "add"), sent).status_code == 302
    made = StaffMember.objects.get(user=user)
    assert list(made.shops.all()) == [shop]


@pytest.mark.django_db
def test_a_products_category_is_of_the_same_partner_and_keys_are_folded(boss: Client) -> None:
    category, foreign = CategoryFactory(), CategoryFactory()
    sent = {"partner": category.partner_id, "external_id": "77", "name": "Tea", "earns_points": "on"}
    sent |= {"currency": "EUR", "availability": "in_stock", "is_active": "on"}
    answer = boss.post(_url("product", "add"), sent | {"category": foreign.pk})
    assert "category" in answer.context["adminform"].form.errors
    assert boss.post(_url("product", "add"), sent | {"category": category.pk}).status_code == 302
    assert Product.objects.get().category == category
    sent = {"partner": category.partner_id, "key": "  TABAKAS ", "name_en": "Tobacco", "name_lt": "Tabakas"}
    assert boss.post(_url("category", "add"), sent).status_code == 302
    made = Category.objects.get(key="tabakas")
    assert (made.name, made.earns_points) == ({"en": "Tobacco", "lt": "Tabakas"}, False)


def _new_credential(boss: Client) -> tuple[ApiCredential, str, Any]:
    shop = ShopFactory()
    sent = {
        "partner": shop.partner_id,
        "name": "Till 1",
        "shop": shop.pk,
        "kind": "production",
        "scopes": ["read", "write"],
        "allowed_addresses": "192.0.2.0/24\n2001:db8::1",
    }
    answer = boss.post(_url("apicredential", "add"), sent)
    (secret,) = set(SECRET.findall(answer.content.decode()))
    return ApiCredential.objects.get(), secret, answer


@pytest.mark.django_db
def test_a_new_credential_shows_its_secret_once_on_a_page_nobody_keeps(boss: Client) -> None:
    credential, secret, answer = _new_credential(boss)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert credential.key in answer.content.decode()
    assert credential.allowed_addresses == ["192.0.2.0/24", "2001:db8::1"]
    assert ApiSecret.objects.get().last_four == secret[-4:]
    for url in (
        _url("apicredential", "change", credential.pk),
        _url("apicredential", "changelist"),
        reverse("admin:loyalty_auditevent_changelist"),
        "/admin/",
    ):
        assert secret not in boss.get(url).content.decode()
    assert secret not in str(list(AuditEvent.objects.values_list("changes", "reason")))
    assert secret not in str(dict(boss.session))
    assert len(_audit("credential.issued")) == 1
    assert not _audit("apicredential.created")


@pytest.mark.django_db
def test_a_rotated_secret_is_shown_once_and_the_earlier_one_gets_an_end(boss: Client) -> None:
    credential, first, _answer = _new_credential(boss)
    url = reverse("admin:partners_apicredential_rotate", args=[credential.pk])
    asked = boss.get(url).content.decode()
    assert not SECRET.search(asked)
    answer = boss.post(url, {"reason": "A cashier left"})
    (second,) = set(SECRET.findall(answer.content.decode()))
    assert second != first
    old, new = ApiSecret.objects.order_by("id")
    assert (old.last_four, new.last_four) == (first[-4:], second[-4:])
    assert old.expires_at is not None
    assert new.expires_at is None
    assert [row[-1] for row in _audit("credential.rotated")] == ["A cashier left"]


@pytest.mark.django_db
def test_a_revoked_key_is_dead_and_cannot_be_changed_rotated_or_revoked_again(boss: Client) -> None:
    credential, _secret, _answer = _new_credential(boss)
    url = reverse("admin:partners_apicredential_revoke", args=[credential.pk])
    assert boss.post(url, {"reason": "Stolen"}).status_code == 302
    credential.refresh_from_db()
    assert credential.revoked_at is not None
    assert [row[-1] for row in _audit("credential.revoked")] == ["Stolen"]
    assert boss.post(url, {"reason": "again"}).status_code == 404
    assert boss.post(reverse("admin:partners_apicredential_rotate", args=[credential.pk])).status_code == 404
    assert boss.post(_url("apicredential", "change", credential.pk), {"name": "x"}).status_code == 403


@pytest.mark.django_db
def test_a_wrong_address_is_refused(boss: Client) -> None:
    sent = {"partner": PartnerFactory().pk, "name": "x", "kind": "production", "scopes": ["read"]}
    answer = boss.post(_url("apicredential", "add"), sent | {"allowed_addresses": "300.1.1.1"})
    assert "allowed_addresses" in answer.context["adminform"].form.errors
    assert not ApiCredential.objects.exists()


@pytest.mark.django_db
def test_search_lists_name_the_partner_beside_the_shop(boss: Client) -> None:
    shop = ShopFactory(name="Vilnius 1", partner__name="Kava")
    asked = {"term": "Viln", "app_label": "partners", "model_name": "staffmember", "field_name": "shops"}
    found = boss.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert found == [{"id": str(shop.pk), "text": "Vilnius 1 · Kava"}]
