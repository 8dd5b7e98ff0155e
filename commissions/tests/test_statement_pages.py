"""Terms, lines by hand and statements in the back office; the mail that says a statement is there."""

import pytest
from django.test import Client
from django.urls import reverse

from commissions.models import CommissionEntry, CommissionPeriod, CommissionTerms, ManualLine, Statement
from commissions.services.periods import lock_period
from commissions.services.statements import issue_statement
from commissions.tests.months import NOW, examples
from loyalty.models import AuditEvent
from loyalty.services.audit import SYSTEM
from loyalty.tests.factories import AdminFactory, UserFactory
from messaging.models import EmailMessage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("feed_sees_all")]


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(AdminFactory())
    return client


def _page(model: str, what: str, *args: int) -> str:
    return reverse(f"admin:commissions_{model}_{what}", args=args)


def test_terms_are_said_and_the_lock_shows_what_they_make_of_the_month(boss: Client) -> None:
    books = examples()
    books.accrue()
    form = {"partner": books.partner.pk, "valid_from": "2026-06", "minimum": "20", "threshold": "5"}
    form |= {"close_policy": "automatic", "close_after_days": "3", "cap": "10"}
    assert "below the minimum" in boss.post(_page("commissionterms", "add"), form).content.decode()
    assert CommissionTerms.objects.count() == 0
    answer = boss.post(_page("commissionterms", "add"), {**form, "cap": ""})
    assert answer.status_code == 302, answer.content.decode()
    terms = CommissionTerms.objects.get()
    assert (terms.minimum, terms.cap, terms.close_policy, terms.actor_kind) == (20, None, "automatic", "admin")
    assert terms.automatic_since is not None
    june = CommissionPeriod.objects.get(month="2026-06")
    asked = boss.get(_page("commissionperiod", "lock", june.pk)).content.decode()
    assert "4.36" in asked
    assert "20.00" in asked
    assert AuditEvent.objects.filter(action="commission.terms_changed", actor_kind="admin").count() == 1


def test_a_line_by_hand_is_made_and_taken_back(boss: Client) -> None:
    books = examples()
    books.accrue()
    form = {"partner": books.partner.pk, "component": "platform", "month": "2026-06", "reason": "Goodwill"}
    assert boss.post(_page("manualline", "add"), {**form, "amount": "-1.50"}).status_code == 302
    made = ManualLine.objects.get()
    assert (made.amount, made.reason, made.actor_kind) == (-1.5, "Goodwill", "admin")
    assert books.total("2026-06") == (8, "14.14")
    back = _page("manualline", "take_back", made.pk)
    assert "1.50" in boss.get(back).content.decode()
    boss.post(back, {"reason": "By mistake"})
    assert sorted(line.amount for line in CommissionEntry.objects.filter(kind="manual")) == [-1.5, 1.5]
    assert boss.get(back).status_code == 404
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-07", at=NOW)
    refused = boss.post(_page("manualline", "add"), {**form, "month": "2026-07", "amount": "1"}, follow=True)
    assert "is locked" in refused.content.decode()
    assert ManualLine.objects.count() == 2


def test_a_statement_is_issued_and_settled_after_a_page_that_says_the_amounts(boss: Client) -> None:
    books = examples()
    books.accrue()
    lock_period(actor=SYSTEM, partner=books.partner, month="2026-06", at=NOW)
    statement = Statement.objects.get()
    assert boss.get(_page("statement", "settle", statement.pk)).status_code == 404
    for what, status in (("issue", "issued"), ("settle", "settled")):
        page = _page("statement", what, statement.pk)
        assert "15.64" in boss.get(page).content.decode()
        boss.post(page, {"reason": ""})
        statement.refresh_from_db()
        assert statement.status != status
        boss.post(page, {"reason": "done"})
        statement.refresh_from_db()
        assert statement.status == status
    for kind, begin in (("pdf", b"%PDF-"), ("csv", b"\xef\xbb\xbf"), ("html", b"<!doctype html>")):
        address = reverse("admin:commissions_statement_file", args=[statement.pk, kind])
        assert address in boss.get(_page("statement", "change", statement.pk)).content.decode()
        answer = boss.get(address)
        assert b"".join(answer).startswith(begin)
        stranger = Client()
        stranger.force_login(UserFactory(is_staff=True))
        assert stranger.get(address).status_code == 403


def test_the_partner_hears_of_an_issued_statement_in_its_language_and_of_an_empty_one_nothing() -> None:
    books = examples()
    books.partner.default_language = "lt"
    books.partner.save()
    for month in ("2026-05", "2026-06"):
        lock_period(actor=SYSTEM, partner=books.partner, month=month, at=NOW)
        statement = Statement.objects.select_related("partner").get(month=month)
        issue_statement(actor=SYSTEM, statement=statement, at=NOW)
    mail = EmailMessage.objects.get()
    assert (mail.to, mail.language, mail.template) == (books.partner.contact_email, "lt", "statement_issued")
    assert "ST-000002" in mail.subject
    assert "15,64 EUR" in mail.text
