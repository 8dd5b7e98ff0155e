"""Card programmes, which belong to an app above this one: it says how they are found, and nothing here imports it."""

from collections.abc import Callable, Collection, Mapping

from django.utils.translation import gettext as _

from loyalty.errors import ResourceNotFound
from partners.models import Partner

# (partner) → the names of its programmes by id, those that were deleted left out.
Finder = Callable[[Partner], Mapping[int, str]]
_finders: list[Finder] = []


def know_programmes(find: Finder) -> None:
    """Called once, when the app that has them is ready."""
    _finders[:] = [find]


def list_programmes(partner: Partner) -> Mapping[int, str]:
    """The names of a partner's card programmes by id."""
    return {pk: name for find in _finders for pk, name in find(partner).items()}


def check_programmes(*, partner: Partner, card_ids: Collection[int], field: str) -> None:
    """Raise ResourceNotFound for a programme that this partner does not have."""
    if card_ids and not set(card_ids) <= list_programmes(partner).keys():
        raise ResourceNotFound(errors={field: [_("There is no such card.")]})
