"""Finding what a template says to somebody, and in whose look."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.utils import translation

from loyalty.contributions import read_figures
from messaging.errors import MessageTemplateNotFound
from messaging.models import MessageTemplate
from messaging.rules.built_in import BUILT_IN
from messaging.rules.letters import Look, Texts
from messaging.rules.templates import takes_a_message
from messaging.selectors.own_texts import OURS, choose
from partners.models import Partner

_COLOR = re.compile(r"#[0-9a-fA-F]{6}\Z")


def find_texts(*, partner: Partner | None, code: str, language: str) -> Texts:
    """The texts in this language, else in the partner's, else in ours; a partner's own before everybody's, and both
    before the built-in ones. Raises MessageTemplateNotFound.
    """
    chosen = choose(
        MessageTemplate.objects.all(),
        partner=partner,
        code=code,
        language=language,
        built_in=lambda wanted: built_in_texts(code, wanted),
    )
    if chosen is None:
        raise MessageTemplateNotFound(template=code)
    if isinstance(chosen, MessageTemplate):
        return Texts(chosen.subject, chosen.body, chosen.button, chosen.language)
    return chosen


def built_in_texts(code: str, language: str) -> Texts | None:
    """What the platform says by itself; None for a code or a language that it does not know."""
    built_in = BUILT_IN.get(code)
    if built_in is None or language not in OURS:
        return None
    with translation.override(language):
        return Texts(str(built_in.subject), str(built_in.body), str(built_in.button), language)


def list_writable_codes(*, partner: Partner) -> list[str]:
    """The templates that can be sent to this partner with words of one's own."""
    own = MessageTemplate.objects.filter(Q(partner=partner) | Q(partner=None), is_active=True)
    codes = {*BUILT_IN, *own.values_list("code", flat=True)}
    return sorted(code for code in codes if takes_a_message(code))


def get_look(partner: Partner | None) -> Look:
    """The partner's name, logo and color; the platform's without a partner."""
    if partner is None:
        return Look(name=settings.PLATFORM_NAME, website=settings.BASE_URL)
    look = Look(name=partner.name, logo_url=_web(partner.logo_url, {"https"}), website=_web(partner.website))
    color = str(read_figures("brand", partner=partner).get("color", ""))
    return Look(look.name, color, look.logo_url, look.website) if _COLOR.match(color) else look


def _web(address: str, schemes: frozenset[str] | set[str] = frozenset({"https", "http"})) -> str:
    return address if urlsplit(address).scheme in schemes else ""
