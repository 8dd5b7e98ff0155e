"""SMS texts of one's own, by partner and language."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.services.one_time_codes import send_code
from loyalty.tests.factories import AdminFactory
from messaging.models import SmsMessage, SmsTemplate
from messaging.rules.placeholders import fill
from messaging.rules.sms_templates import VARIABLES, sms_template_faults
from partners.tests.factories import PartnerFactory

AT = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_a_partners_text_stands_above_the_platforms_and_both_above_the_built_in(settings: Any) -> None:
    settings.SMS_SHOWS_CODES = True
    mine, other = PartnerFactory(name="Coffee"), PartnerFactory(name="Tea")
    SmsTemplate.objects.create(code="otp_login", language="lt", text="{{ code }} - {{ name }}")
    SmsTemplate.objects.create(partner=mine, code="otp_login", language="lt", text="Kava: {{ code }}")
    SmsTemplate.objects.create(partner=mine, code="otp_login", language="en", text="Off {{ code }}", is_active=False)
    texts = []
    for number, (brand, language) in enumerate([(mine, "lt"), (other, "lt"), (mine, "en")]):
        send_code(phone=f"+3706000000{number}", purpose="login", brand=brand, language=language, at=AT)
        message = SmsMessage.objects.latest("pk")
        assert message.template == "otp_login"
        texts.append("".join(letter for letter in message.text if not letter.isdigit()))
    assert texts == ["Kava: ", " - Tea", "Coffee: your log-in code is . Tell it to nobody."]


def test_a_text_holds_what_it_is_sent_for_and_no_other_variable() -> None:
    for code, (needed, *_rest) in VARIABLES.items():
        variable = f"{{{{ {needed} }}}}"
        assert sms_template_faults(code, f"Hello {variable}") == []
        assert sms_template_faults(code, "Hello") != []
        assert sms_template_faults(code, f"{variable} {{{{ password }}}}") != []
        assert sms_template_faults(code, f"{variable} {{{{") != []
        assert sms_template_faults(code, f"{variable} {{name}}") != [], "as it was written once"
    assert sms_template_faults("order_ready", "{{ anything }} :-}") == []
    assert sms_template_faults("order_ready", " ".join(f"{{{{ v{n} }}}}" for n in range(21))) != []
    assert fill("{{ a }}{{ b }}", {"a": "{{ b }}"}) == "{{ b }}"  # a value is never read as a variable


@pytest.mark.django_db
def test_staff_write_texts_that_are_checked(client: Client) -> None:
    client.force_login(AdminFactory())
    form = {"code": "app_link", "language": "lt", "text": "Be nuorodos", "is_active": "on"}
    url = reverse("admin:messaging_smstemplate_add")
    assert list(client.post(url, form).context["adminform"].form.errors) == ["text"]
    assert client.post(url, {**form, "text": "Mūsų programėlė: {{ link }}"}).status_code == 302
    assert SmsTemplate.objects.get().text == "Mūsų programėlė: {{ link }}"
