"""Finding what a template says to somebody, and in whose look."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation

from loyalty.contributions import read_figures
from messaging.errors import MessageTemplateNotFound
from messaging.rules.built_in import BUILT_IN
from messaging.rules.letters import Look, Texts
from partners.models import Partner

_COLOR = re.compile(r"#[0-9a-fA-F]{6}\Z")
OURS = frozenset(code for code, _name in settings.LANGUAGES)


def find_texts(*, partner: Partner | None, code: str, language: str) -> Texts:
    """The texts in this language, else the partner's default, else ours. Raises MessageTemplateNotFound."""
    built_in = BUILT_IN.get(code)
    if built_in is None:
        raise MessageTemplateNotFound(template=code)
    chosen = next(one for one in languages_to_try(partner, language) if one in OURS)
    with translation.override(chosen):
        return Texts(str(built_in.subject), str(built_in.body), str(built_in.button), chosen)


def languages_to_try(partner: Partner | None, language: str) -> list[str]:
    """The language asked for, then those that the reader is likely to know."""
    wanted = [language, *([] if partner is None else [partner.default_language]), settings.LANGUAGE_CODE]
    return list(dict.fromkeys(wanted))


def get_look(partner: Partner | None) -> Look:
    """The partner's name, logo and color; the platform's without a partner."""
    if partner is None:
        return Look(name=settings.PLATFORM_NAME, website=settings.BASE_URL)
    look = Look(name=partner.name, logo_url=_web(partner.logo_url, {"https"}), website=_web(partner.website))
    color = str(read_figures("brand", partner=partner).get("color", ""))
    return Look(look.name, color, look.logo_url, look.website) if _COLOR.match(color) else look


def _web(address: str, schemes: frozenset[str] | set[str] = frozenset({"https", "http"})) -> str:
    return address if urlsplit(address).scheme in schemes else ""
