"""What calls at a till about games and coupons have in common."""

from django.utils.translation import gettext as _

from customers.api.base import TillViewSet
from ledger.services.reported import Caller
from loyalty.api.forms import Reader
from loyalty.errors import ResourceNotFound, ValidationFailed
from partners.errors import ScopeInsufficient, StoreAccessDenied
from partners.selectors.shops import check_shops

READS = (ScopeInsufficient, ValidationFailed, ResourceNotFound, StoreAccessDenied)
REPLAYED = {"Idempotency-Replayed": "true"}
REPEATED = (
    "Without an Idempotency-Key, an equal call within a few seconds is taken for a client's retry and gets the first "
    "answer with `Idempotency-Replayed: true`; whoever means it twice sends two keys."
)


class GamesTillViewSet(TillViewSet):
    """A till, and the shops that it may name."""

    @property
    def caller(self) -> Caller:
        return Caller(self.actor, credential_id=self.credential.pk, shop_ids=self.shop_ids)

    def shop_within_reach(self, shop_id: int | None) -> int | None:
        """The shop that was named, if this key may name it. Raises ResourceNotFound, StoreAccessDenied."""
        if shop_id is not None:
            check_shops(partner=self.partner, shop_ids=[shop_id], reach=self.shop_ids)
        return shop_id

    def shop_or_own(self, shop_id: int | None) -> int | None:
        """The shop that was named, or else the only one of the key."""
        return self.credential.shop_id if shop_id is None else self.shop_within_reach(shop_id)


def required_id(reader: Reader, name: str) -> int:
    """An id of ours that must be there; `reader.finish()` refuses a missing one."""
    found = reader.identifier(name)
    if found is None and name not in reader.errors:
        reader.refuse(name, _("This field is required."))
    return found or 0


def required_shop(reader: Reader, own: int | None) -> int:
    """The shop of a call: as sent, or else the only one of the key."""
    if reader.value("shop_id")[1] is None and own is not None:
        return own
    return required_id(reader, "shop_id")
