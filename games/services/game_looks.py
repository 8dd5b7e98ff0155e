"""What a game looks like: colors, pictures, and the design of a stamp card."""

from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from cards.rules.design import changed_design
from cards.selectors.cards import address_of_file
from games.rules.looks import PICTURES
from games.rules.stamp_settings import IMAGE, UPLOADED
from games.services.game_parts import Errors
from loyalty.files.images import Picture
from partners.models import Partner

WEB = ("http://", "https://")


def stored_pictures(partner: Partner, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """`data` with its pictures replaced by the names of their files, written before any row is locked.

    A file is named by its content, so a repeat writes nothing and a refused change leaves at most an unused file.
    """
    branding = data.get("branding") or {}
    stored = {key: store_picture(partner, branding[key]) for key in PICTURES if isinstance(branding.get(key), Picture)}
    return {**data, "branding": {**branding, **stored}} if stored else data


def store_picture(partner: Partner, picture: Picture, *, folder: str = "games") -> str:
    """The name of the file that holds a picture, written if it is new."""
    name = f"partners/{partner.pk}/{folder}/{picture.name}"
    if not default_storage.exists(name):
        return default_storage.save(name, ContentFile(picture.content))
    return name


def changed_branding(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Colors, pictures and theme after a change: keys that are not named stay, null removes one."""
    return changed_design(present, wanted)


def changed_stamp_design(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[dict[str, Any], Errors]:
    """The design of a stamp card after a change, and what is wrong with it.

    An uploaded picture stays as long as the icon is answered as it was shown; another icon takes its place.
    """
    uploaded = present.get(UPLOADED)
    wanted = dict(wanted)
    if uploaded and wanted.get("stamp_icon") == address_of_file(uploaded):
        wanted.pop("stamp_icon")
        wanted.pop("stamp_icon_type", None)
    elif "stamp_icon" in wanted or wanted.get("stamp_icon_type", IMAGE) != IMAGE:
        wanted[UPLOADED] = None
    design = changed_design(present, wanted)
    if UPLOADED in design or design.get("stamp_icon_type") != IMAGE:
        return design, {}
    if str(design.get("stamp_icon", "")).startswith(WEB):
        return design, {}
    return design, {"stamp_settings.stamp_icon": [_("Give the address of a picture, or upload one.")]}
