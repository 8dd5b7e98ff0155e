"""What each demo partner and the platform wrote to each other: answered, waiting, and a note beside it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from loyalty.services.audit import SYSTEM
from messaging.choices import MessageTopic, MessageType
from messaging.models import Message
from messaging.services.messages import Draft, send_message
from partners.models import Partner, StaffMember


class MessagesDemo:
    """What the demo shows of conversations."""

    def load(self, *, partner: Partner, key: str, at: datetime, say: Callable[[str], None]) -> None:
        """Two conversations, once."""
        if Message.objects.filter(partner=partner).exists():
            return
        with transaction.atomic():
            _settled(partner, at)
            _waiting(partner, at)
        say(f"{partner.name}: two conversations with the platform")

    def handover(self, *, partner: Partner, at: datetime) -> dict[str, Any]:
        """Nothing: the inbox and the back office show it."""
        return {}


def _settled(partner: Partner, at: datetime) -> None:
    """A question of the platform that the owner answered, with a note that only the platform sees."""
    begun = at - timedelta(days=9)
    request = Draft(
        text="Sveiki! Kitų metų sutartis paruošta. Ar galite atsiųsti pasirašytą?",
        subject="Sutartis kitiems metams",
        topic=MessageTopic.DOCUMENTS,
        message_type=MessageType.DOCUMENT_REQUEST,
    )
    root = _write(partner, request, begun, from_platform=True)
    note = Draft(text="Skambino jų buhalterė: pasirašys iki penktadienio.", is_internal=True, answers_id=root.pk)
    _write(partner, note, begun + timedelta(hours=3), from_platform=True)
    answer = Draft(text="Pasirašėme, išsiųsta paštu. Ačiū už priminimą.", answers_id=root.pk)
    _write(partner, answer, begun + timedelta(days=1), from_platform=False)
    thanks = Draft(text="Gavome, ačiū!", answers_id=root.pk)
    _write(partner, thanks, begun + timedelta(days=2), from_platform=True)


def _waiting(partner: Partner, at: datetime) -> None:
    """A question of the owner that nobody has answered yet."""
    question = Draft(
        text="Labas! Kada matysime praėjusio mėnesio komisinių ataskaitą?",
        subject="Komisinių ataskaita",
        topic=MessageTopic.COMMISSION,
    )
    _write(partner, question, at - timedelta(hours=5), from_platform=False)


def _write(partner: Partner, draft: Draft, at: datetime, *, from_platform: bool) -> Message:
    owner = None if from_platform else StaffMember.objects.filter(partner=partner, role="owner").order_by("pk").first()
    author = None if owner is None else owner.user
    return send_message(actor=SYSTEM, partner=partner, author=author, from_platform=from_platform, draft=draft, at=at)
