"""A key is changed and the old one given up: nobody's webhooks and nobody's SMS stop."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from loyalty.outbound.tests.servers import serving, status
from loyalty.services.audit import SYSTEM
from loyalty.services.sealing import reseal, seal, unseal
from loyalty.tests.together import together
from messaging.models import SmsAccount, WebhookEndpoint
from messaging.services.resealing import Resealed, reseal_secrets
from messaging.services.sms_ways import connection_of
from messaging.services.webhooks import rotate_secret
from messaging.tasks import reseal_secrets as task
from messaging.tests.endpoints import EndpointFactory, open_to, run_relay, waiting
from messaging.tests.sms_factories import SmsAccountFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "an old key", "a new key"


@pytest.fixture(autouse=True)
def old_key(settings: Any) -> None:
    settings.SEALING_KEY, settings.SEALING_KEY_FALLBACKS = OLD, []


def change_key(settings: Any) -> None:
    settings.SEALING_KEY, settings.SEALING_KEY_FALLBACKS = NEW, [OLD]


def give_up_old_key(settings: Any) -> None:
    settings.SEALING_KEY_FALLBACKS = []


def test_webhooks_sign_and_accounts_log_in_after_the_old_key_is_gone(monkeypatch: Any, settings: Any) -> None:
    account = SmsAccountFactory(kind="http", base_url="https://sms.example", username="u", password="hush")
    with serving(status(200)) as server:
        open_to(monkeypatch, settings, server)
        until = datetime.now(UTC) + timedelta(hours=1)
        endpoint = EndpointFactory(url=server.url(), former_secret=seal("whsec_Zm9ybWVy"), former_until=until)
        change_key(settings)
        task()
        give_up_old_key(settings)
        delivery = waiting(endpoint, datetime.now(UTC))
        run_relay()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    ((headers, _body),) = server.told
    assert headers["webhook-signature"].count("v1,") == 2
    account.refresh_from_db()
    assert connection_of(account).password == "hush"


def test_without_it_they_would_have_stopped(settings: Any) -> None:
    endpoint = EndpointFactory()
    change_key(settings)
    give_up_old_key(settings)
    assert reseal_secrets() == Resealed(1, 0, [f"messaging.WebhookEndpoint {endpoint.pk} secret"])


def test_it_is_done_once_and_the_command_names_what_no_key_opens(settings: Any, capsys: Any) -> None:
    EndpointFactory()
    SmsAccountFactory(password="hush")
    SmsAccountFactory()
    assert reseal_secrets() == Resealed(2, 0, [])
    change_key(settings)
    assert reseal_secrets() == Resealed(2, 2, [])
    call_command("reseal")
    assert capsys.readouterr().out == "2 secrets, 0 sealed anew\n"
    lost = EndpointFactory()
    WebhookEndpoint.objects.filter(pk=lost.pk).update(secret=b"sealed by nobody")
    with pytest.raises(CommandError, match="SEALING_KEY_FALLBACKS"):
        call_command("reseal")
    assert f"no key opens messaging.WebhookEndpoint {lost.pk} secret" in capsys.readouterr().out
    assert bytes(WebhookEndpoint.objects.get(pk=lost.pk).secret) == b"sealed by nobody"


@pytest.mark.django_db(transaction=True)
def test_beside_rotations_of_secrets_the_newest_secret_stays(settings: Any) -> None:
    endpoints = [EndpointFactory() for _ in range(6)]
    change_key(settings)
    at = datetime.now(UTC)

    def rotate(endpoint: WebhookEndpoint) -> Any:
        return rotate_secret(actor=SYSTEM, partner=endpoint.partner, endpoint_id=endpoint.pk, at=at).secret

    acts = [reseal_secrets, *(lambda one=one: rotate(one) for one in endpoints), reseal_secrets]
    secrets = together(acts)[1:-1]
    give_up_old_key(settings)
    assert [unseal(bytes(WebhookEndpoint.objects.get(pk=one.pk).secret)) for one in endpoints] == secrets


def test_what_is_sealed_by_the_newest_key_stays_as_it_is(settings: Any) -> None:
    sealed = seal("x")
    assert reseal(sealed) == sealed
    change_key(settings)
    fresh = reseal(sealed)
    assert fresh is not None
    assert fresh != sealed
    assert unseal(fresh) == "x"
    give_up_old_key(settings)
    assert (unseal(fresh), reseal(sealed), reseal(b"nonsense")) == ("x", None, None)
    assert SmsAccount.objects.count() == 0


def test_a_changed_secret_key_takes_its_derived_key_along() -> None:
    """Whoever set no SEALING_KEY and changes SECRET_KEY as the documentation says loses nothing."""
    code = "from django.conf import settings as s; print(s.SEALING_KEY, s.SEALING_KEY_FALLBACKS)"
    changed = {"DEBUG": "1", "SECRET_KEY": "new" * 20, "SECRET_KEY_FALLBACKS": "old" * 20}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEALING_KEY")}
    env = {**kept, **changed, "DJANGO_SETTINGS_MODULE": "loyalty.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [f"seal:{'new' * 20}", f"['seal:{'old' * 20}']"]
