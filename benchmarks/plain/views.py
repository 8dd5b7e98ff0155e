"""The plain sale. It knows no limits and no Idempotency-Key, so it even does less than the platform."""

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework import exceptions, mixins, viewsets
from rest_framework.serializers import BaseSerializer

from benchmarks.plain.serializers import TransactionSerializer
from cards.models import IssuedCard
from ledger.models import PointsBalance, PointsEntry, PointsLot, Transaction


class TransactionViewSet(mixins.CreateModelMixin, viewsets.GenericViewSet):
    """Sales."""

    serializer_class = TransactionSerializer
    queryset = Transaction.objects.all()

    def perform_create(self, serializer: BaseSerializer) -> None:
        try:
            self._sell(serializer)
        except IntegrityError as error:
            raise exceptions.ValidationError({"order_id": ["This order is already recorded."]}) from error

    @transaction.atomic
    def _sell(self, serializer: BaseSerializer) -> None:
        data, now, credential = serializer.validated_data, timezone.now(), self.request.auth
        held = IssuedCard.objects.select_related("card").filter(customer=data["customer"]).first()
        balance = PointsBalance.objects.select_for_update().get(issued_card=held)
        programme = held.card
        points = int(data["order_total"] * programme.points_per_currency / programme.currency_amount)
        expires_at = now + timedelta(days=programme.points_expiration_days)
        balance.balance += points
        balance.earned += points
        balance.next_expiry_at = min(balance.next_expiry_at or expires_at, expires_at)
        balance.updated_at = now
        balance.save()
        sale = serializer.save(
            partner=credential.partner,
            type="purchase",
            issued_card=held,
            credential=credential,
            amount=data["order_total"],
            currency=credential.partner.currency,
            points_awarded=points,
            points_balance=balance.balance,
            points_debt=balance.debt,
            occurred_at=now,
            local_on=now.date(),
            fingerprint=hashlib.sha256(repr(data).encode()).digest(),
        )
        entry = PointsEntry.objects.create(
            partner=credential.partner,
            issued_card=held,
            transaction=sale,
            shop=sale.shop,
            kind="earn",
            points=points,
            business_key=f"sale:{sale.pk}:earn",
            actor_kind="credential",
            actor_id=credential.pk,
            occurred_at=now,
        )
        PointsLot.objects.create(
            partner=credential.partner,
            issued_card=held,
            entry=entry,
            issuing_shop=sale.shop,
            points=points,
            remaining=points,
            earned_at=now,
            expires_at=expires_at,
        )
