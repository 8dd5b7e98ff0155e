"""The messages that the platform itself writes. Their texts can be overridden in the back office, never their codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
# What every template may name; whoever queues a mail need not give them.
COMMON: dict[str, Text] = {
    "partner_name": _("Name of the partner"),
    "platform_name": _("Name of this platform"),
}
# What a template that staff made themselves may name besides: what they write when they send it.
WRITTEN: dict[str, Text] = {"subject": _("Subject, as it was typed"), "message": _("Message, as it was typed")}
ENDPOINT: dict[str, Text] = {
    "url": _("Address of the endpoint, without its query"),
    "since": _("Day and time of the first failure"),
}


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One message with its texts in the source language; `button` leads to the value `link` where there is one."""

    code: str
    title: Text
    subject: Text
    body: Text
    button: Text = ""
    variables: Mapping[str, Text] = field(default_factory=dict)

    @property
    def known(self) -> dict[str, Text]:
        """Every variable that its texts may name, and what it stands for."""
        return {**COMMON, **self.variables}


_BUILT_IN = (
    BuiltIn(
        "custom",
        _("A message in your own words"),
        subject="{{ subject }}",
        body="{{ message }}",
        variables=WRITTEN,
    ),
    BuiltIn(
        "message_received",
        _("A message has come"),
        subject=_("New message: {{ subject }}"),
        body=_("Hello,\n\n{{ sender }} has written to {{ partner_name }}:\n\n{{ message }}\n\n{{ attachments }}"),
        button=_("Read and answer"),
        variables={
            **WRITTEN,
            "sender": _("Who wrote it"),
            "attachments": _("Names of the attached files, if any"),
            "link": _("Address of the message"),
        },
    ),
    BuiltIn(
        "documents_requested",
        _("Documents are asked for"),
        subject=_("Documents needed: {{ subject }}"),
        body=_(
            "Hello,\n\n{{ platform_name }} needs documents from {{ partner_name }}:\n\n{{ message }}\n\n"
            "{{ attachments }}\n\nPlease send them as an answer to this message in the partner portal."
        ),
        button=_("Send documents"),
        variables={
            **WRITTEN,
            "sender": _("Who wrote it"),
            "attachments": _("Names of the attached files, if any"),
            "link": _("Address of the message"),
        },
    ),
    BuiltIn(
        "email_proof",
        _("Is this e-mail address yours?"),
        subject=_("{{ platform_name }}: confirm your e-mail address"),
        body=_(
            "Hello,\n\nsomebody gave this e-mail address as theirs on {{ platform_name }}. If it was you, confirm it "
            "within three days. If not, do nothing: the address will not be used."
        ),
        button=_("Confirm the address"),
        variables={"link": _("Address where it is confirmed")},
    ),
    BuiltIn(
        "partner_status_changed",
        _("The partner's status has changed"),
        subject="{{ partner_name }}: {{ status }}",
        body=_("Hello,\n\nthe status of {{ partner_name }} is now: {{ status }}.\n\n{{ reason }}"),
        button=_("Open the partner portal"),
        variables={
            "status": _("New status"),
            "reason": _("Reason, if one is told"),
            "link": _("Address of the portal"),
        },
    ),
    BuiltIn(
        "staff_invited",
        _("Somebody is invited to a partner's staff"),
        subject=_("{{ partner_name }} on {{ platform_name }}: your account"),
        body=_(
            "Hello, {{ name }}!\n\nYou work for {{ partner_name }} on {{ platform_name }} from now on, as: {{ role }}. "
            "Ask for a link to choose your password; your user name is this e-mail address."
        ),
        button=_("Choose a password"),
        variables={
            "name": _("Name of the person"),
            "role": _("What they work as"),
            "link": _("Address where a password is asked for"),
        },
    ),
    BuiltIn(
        "staff_added",
        _("Somebody who has an account is put on a partner's staff"),
        subject=_("{{ partner_name }} on {{ platform_name }}: you were added"),
        body=_(
            "Hello, {{ name }}!\n\nYou work for {{ partner_name }} on {{ platform_name }} from now on, as: {{ role }}. "
            "Log in with the password that you have."
        ),
        button=_("Open the partner portal"),
        variables={
            "name": _("Name of the person"),
            "role": _("What they work as"),
            "link": _("Address of the portal"),
        },
    ),
    BuiltIn(
        "paper_refused",
        _("A paper of the application is refused"),
        subject=_("{{ partner_name }}: please send this paper again"),
        body=_("Hello,\n\na paper of {{ partner_name }} could not be accepted: {{ paper }}.\n\n{{ reason }}"),
        button=_("Send it again"),
        variables={
            "paper": _("Which paper"),
            "reason": _("Why it was refused"),
            "link": _("Address of the portal"),
        },
    ),
    BuiltIn(
        "statement_issued",
        _("A statement is issued"),
        subject=_("Statement {{ number }}"),
        body=_(
            "Hello,\n\nthe statement {{ number }} of {{ partner_name }} for {{ period }} is ready. "
            "It comes to {{ amount }}."
        ),
        button=_("Open the statement"),
        variables={
            "number": _("Number of the statement"),
            "period": _("Month that it is about"),
            "amount": _("Its total with the currency"),
            "link": _("Address of the statement"),
        },
    ),
    BuiltIn(
        "webhook_failing",
        _("A webhook endpoint fails"),
        subject=_("{{ partner_name }}: your system accepts no events"),
        body=_(
            "Hello,\n\n{{ url }} has accepted no event of {{ partner_name }} since {{ since }}. We keep trying. "
            "After five days without a success the endpoint is paused; nothing is lost until then, or after it for "
            "thirty days."
        ),
        variables=ENDPOINT,
    ),
    BuiltIn(
        "webhook_paused",
        _("A webhook endpoint is paused"),
        subject=_("{{ partner_name }}: a webhook endpoint is paused"),
        body=_(
            "Hello,\n\n{{ url }} has accepted no event of {{ partner_name }} since {{ since }}, so the endpoint is "
            "paused. Its events wait for thirty days. Mend the receiver, then switch the endpoint on: what waits is "
            "sent."
        ),
        variables=ENDPOINT,
    ),
    BuiltIn(
        "webhook_disabled",
        _("A webhook endpoint is disabled"),
        subject=_("{{ partner_name }}: a webhook endpoint is disabled"),
        body=_(
            "Hello,\n\n{{ url }} answered 410 (gone), so {{ platform_name }} sends it no events of {{ partner_name }} "
            "any more. If that was a mistake, switch the endpoint on again."
        ),
        variables=ENDPOINT,
    ),
)
BUILT_IN: dict[str, BuiltIn] = {one.code: one for one in _BUILT_IN}
