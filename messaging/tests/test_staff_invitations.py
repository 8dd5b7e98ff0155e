"""Whoever is put on a partner's staff in the back office hears of it, and hears again when that is asked for."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.errors import ValidationFailed
from loyalty.models import AuditEvent, User
from loyalty.services.audit import SYSTEM
from loyalty.services.passwords import send_password_reset
from loyalty.tests.factories import AdminFactory, UserFactory
from loyalty.tests.together import together
from messaging.models import EmailMessage
from messaging.services.emails import deliver_email
from partners.models import Partner, StaffMember
from partners.services.staff import invite_again
from partners.tests.factories import PartnerFactory, ShopFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


@pytest.fixture
def partner() -> Partner:
    return PartnerFactory(name="Kavos namai", default_language="lt")


def page(what: str, *args: Any) -> str:
    return reverse(f"admin:partners_staffmember_{what}", args=args)


def invite(client: Client, partner: Partner, /, **values: Any) -> Any:
    sent = {"partner": partner.pk, "email": "Ona@kava.test", "name": "Ona", "role": "manager"}
    return client.post(page("add"), sent | values, follow=True)


def test_an_invitation_makes_an_account_and_its_mail_leads_to_a_password(boss: Client, partner: Partner) -> None:
    shop = ShopFactory(partner=partner)
    answer = invite(boss, partner, works_in=[shop.pk])
    staff = StaffMember.objects.get()
    assert answer.redirect_chain == [(page("change", staff.pk), 302)]
    assert "An invitation is on its way to ona@kava.test." in answer.content.decode()
    assert (staff.partner, staff.role, staff.is_active, list(staff.shops.all())) == (partner, "manager", True, [shop])
    assert (staff.user.name, staff.user.language, staff.user.has_usable_password()) == ("Ona", "lt", False)
    email = EmailMessage.objects.get()
    assert (email.to, email.template, email.language) == ("ona@kava.test", "staff_invited", "lt")
    assert deliver_email(email_id=email.pk, at=timezone.now()).status == "sent"
    # The whole way: the mail's page sends a link, and the link opens for somebody who never had a password.
    [address] = re.findall(r"http\S+?(/account/forgot/)", str(mail.outbox[-1].body))
    assert Client().post(address, {"email": "ona@kava.test"}).status_code == 200
    send_password_reset(user_id=staff.user_id)
    [chosen] = re.findall(r"http\S+?(/account/reset/\S+)", str(mail.outbox[-1].body))
    sent = {"password": "Labai-ilgas-7", "repeated": "Labai-ilgas-7"}
    assert Client().post(chosen, sent).status_code == 200
    staff.user.refresh_from_db()
    assert staff.user.check_password("Labai-ilgas-7")
    actors = AuditEvent.objects.filter(action="staffmember.created").values_list("actor_kind", "partner_id")
    assert list(actors) == [("admin", partner.pk)]
    assert "ona@kava.test" not in str(list(AuditEvent.objects.values()))


def test_who_has_an_account_keeps_it_and_is_told_of_the_job(boss: Client, partner: Partner) -> None:
    user = UserFactory(email="ona@kava.test", name="Ona Petraitė", language="en")
    invite(boss, partner, name="Somebody else", language="lt")
    staff = StaffMember.objects.get()
    user.refresh_from_db()
    assert (staff.user, user.name, user.language) == (user, "Ona Petraitė", "en")
    assert EmailMessage.objects.get().template == "staff_added"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": ""}, "email"),
        ({"email": "gone@kava.test"}, "email"),
        ({"email": "HERE@kava.test"}, "email"),
        ({"role": "king"}, "role"),
        ({"partner": ""}, "partner"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_wrong_invitation_says_where_and_sends_nothing(
    boss: Client, partner: Partner, values: dict[str, str], field: str
) -> None:
    UserFactory(email="gone@kava.test", is_active=False)
    StaffFactory(partner=partner, user=UserFactory(email="here@kava.test"))
    answer = invite(boss, partner, **values)
    assert list(answer.context["adminform"].form.errors) == [field]
    assert (StaffMember.objects.count(), EmailMessage.objects.count()) == (1, 0)


def test_another_partners_shop_is_refused(boss: Client, partner: Partner) -> None:
    answer = invite(boss, partner, works_in=[ShopFactory().pk])
    assert list(answer.context["adminform"].form.errors) == ["works_in"]
    assert (StaffMember.objects.count(), User.objects.filter(email="ona@kava.test").count()) == (0, 0)


def test_an_invitation_is_sent_again_with_a_reason(boss: Client, partner: Partner) -> None:
    invite(boss, partner)
    staff = StaffMember.objects.get()
    url = page("invite_again", staff.pk)
    asked = boss.get(url).content.decode()
    assert "not chosen yet" in asked
    answer = boss.post(url, {"reason": "The first one got lost"}, follow=True)
    assert "An invitation is on its way to ona@kava.test." in answer.content.decode()
    assert [email.template for email in EmailMessage.objects.order_by("pk")] == ["staff_invited"] * 2
    event = AuditEvent.objects.get(action="staffmember.invited_again")
    assert (event.reason, event.target_id, event.partner_id) == ("The first one got lost", str(staff.pk), partner.pk)
    staff.user.set_password("Labai-ilgas-7")
    staff.user.save()
    boss.post(url, {"reason": "Again"})
    assert EmailMessage.objects.latest("pk").template == "staff_added"


def test_who_left_or_is_switched_off_is_not_invited_again(boss: Client, partner: Partner) -> None:
    left = StaffFactory(partner=partner, is_active=False)
    assert boss.post(page("invite_again", left.pk), {"reason": "x"}).status_code == 404
    off = StaffFactory(partner=partner, user=UserFactory(is_active=False))
    assert boss.post(page("invite_again", off.pk), {"reason": "x"}).status_code == 404
    for staff in (left, off):
        with pytest.raises(ValidationFailed):
            invite_again(actor=SYSTEM, staff=staff, reason="x", at=timezone.now())
    assert (EmailMessage.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_inviting_again_needs_the_permission(partner: Partner) -> None:
    staff, client = StaffFactory(partner=partner), Client()
    looks = UserFactory(is_staff=True)
    looks.user_permissions.set(Permission.objects.filter(codename="view_staffmember"))
    client.force_login(looks)
    assert client.post(page("invite_again", staff.pk), {"reason": "x"}).status_code == 403
    assert invite(client, partner).status_code == 403
    assert EmailMessage.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_invitations_at_once_one_makes_the_job(partner: Partner) -> None:
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(AdminFactory())
    sent = {"partner": partner.pk, "email": "ona@kava.test", "role": "manager"}
    answers = together([lambda who=who: who.post(page("add"), sent).status_code for who in clients])
    assert set(answers) <= {200, 302}
    assert StaffMember.objects.filter(partner=partner).count() == 1
    assert (User.objects.filter(email="ona@kava.test").count(), EmailMessage.objects.count()) == (1, 1)
