"""What lists of messages and e-mails can be narrowed by."""

from django.db.models import Q, QuerySet

from loyalty.api.filters import BooleanFilter, ChoiceFilter, HouseFilterSet, IdFilter, TextFilter
from messaging.choices import EmailStatus, MessageTopic, MessageType


class MessageFilters(HouseFilterSet):
    """Of a partner's messages."""

    topic = ChoiceFilter(choices=MessageTopic)
    message_type = ChoiceFilter(choices=MessageType)
    is_read = BooleanFilter(method="by_read", help_text="Whether the other side has read it.")
    thread_id = IdFilter(method="by_thread", help_text="One conversation: its first message.")
    search = TextFilter(method="by_words", help_text="A part of subject or text.")

    def by_read(self, rows: QuerySet, _name: str, value: bool | None) -> QuerySet:
        return rows if value is None else rows.filter(read_at__isnull=not value, is_internal=False)

    def by_thread(self, rows: QuerySet, _name: str, value: int) -> QuerySet:
        return rows.filter(Q(pk=value) | Q(thread_id=value))

    def by_words(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(subject__icontains=value) | Q(text__icontains=value))


class AdminMessageFilters(MessageFilters):
    is_internal = BooleanFilter(field_name="is_internal")


class EmailFilters(HouseFilterSet):
    """Of the mails to a partner."""

    status = ChoiceFilter(choices=EmailStatus)
