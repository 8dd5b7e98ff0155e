"""The picture of a stamp: `/{locale}/partners/games/{id}/upload-stamp-image`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cards.rules.images import read_encoded
from games.api.partner import examples
from games.api.partner.answers import UploadAnswer
from games.errors import GameTypeMismatch
from games.selectors.stamp_settings import shown_stamp_settings
from games.services.stamp_images import set_stamp_image
from loyalty.api import envelope
from loyalty.api.json import MAX_BYTES, StrictJSONParser, refuse_odd_characters
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, PayloadTooLarge, ResourceNotFound, ValidationFailed
from loyalty.files.images import Picture, PictureRefusedError, remade_picture
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied

MOST_BYTES = 1_900_000
TEXTS = {
    "not_a_data_uri": _("Must be base64, with or without data:image/png;base64, before it."),
    "too_large": _("The picture is larger than 1.9 MB."),
    "not_a_picture": _("This is no PNG, JPEG or WebP picture."),
    "too_many_pixels": _("The picture has more than 25 million pixels."),
}


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a form. As text it is its content's name, by which a repeat under an Idempotency-Key is known."""

    content: bytes

    def __str__(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class PictureFormParser(MultiPartParser):
    """A multipart form as a plain object; nothing larger than the body of any other call is read."""

    def parse(  # type: ignore[override]  # an object, as the JSON parser gives
        self, stream: Any, media_type: Any = None, parser_context: Any = None
    ) -> dict[str, Any]:
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
            raise PayloadTooLarge
        try:
            form = super().parse(stream, media_type, parser_context)
        except RequestDataTooBig as error:
            raise PayloadTooLarge from error
        except SuspiciousOperation as error:
            raise ParseError from error
        found: dict[str, Any] = {}
        for name, values in [*form.data.lists(), *form.files.lists()]:
            if name in found or len(values) != 1:
                raise ParseError
            value = values[0]
            if isinstance(value, str):
                refuse_odd_characters(value)
            found[name] = value if isinstance(value, str) else UploadedFile(value.read())
        return found


@extend_schema_field({"type": "string", "format": "binary"})
class FileField(serializers.Field):
    """A picture as a file."""

    def to_internal_value(self, data: Any) -> Picture:
        if not isinstance(data, UploadedFile):
            raise serializers.ValidationError(_("Send a file."))
        if len(data.content) > MOST_BYTES:
            raise serializers.ValidationError(TEXTS["too_large"])
        try:
            return remade_picture(data.content)
        except PictureRefusedError as error:
            raise serializers.ValidationError(TEXTS[error.reason]) from error


@extend_schema_field({"type": "string", "format": "byte"})
class EncodedField(serializers.Field):
    """A picture as base64."""

    def to_internal_value(self, data: Any) -> Picture:
        if not isinstance(data, str):
            raise serializers.ValidationError(TEXTS["not_a_data_uri"])
        try:
            return read_encoded(data, most_bytes=MOST_BYTES)
        except PictureRefusedError as error:
            raise serializers.ValidationError(TEXTS[error.reason]) from error


class EncodedForm(serializers.Serializer):
    image_base64 = EncodedField()


class FileForm(serializers.Serializer):
    image = FileField()


class UploadForm(serializers.Serializer):
    """One of the two."""

    image = FileField(required=False)
    image_base64 = EncodedField(required=False)

    def validate(self, attrs: Mapping[str, Picture]) -> dict[str, Picture]:
        if len(attrs) != 1:
            raise serializers.ValidationError({"image": _("Send `image` or `image_base64`, not both.")})
        return {"picture": next(iter(attrs.values()))}


class StampImageViewSet(PartnerViewSet):
    """Pictures are made anew from their pixels, so that nothing but a picture is ever stored."""

    parser_classes = [StrictJSONParser, PictureFormParser]
    capabilities = {"create": "games.edit"}

    @document(
        "Upload the picture of a stamp",
        answer=UploadAnswer,
        body={"application/json": EncodedForm, "multipart/form-data": FileForm},
        raises=(
            *(InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied),
            *(ResourceNotFound, GameTypeMismatch, ValidationFailed, MalformedRequest, PayloadTooLarge),
        ),
        example=examples.UPLOADED,
        body_example={"image_base64": examples.PICTURE},
        description="A PNG, JPEG or WebP picture of at most 1.9 MB and 25 million pixels, as the file `image` of a "
        "form or as `image_base64`. It becomes the stamp's icon.",
    )
    def create(self, request: Request, locale: str, pk: int) -> Response:
        game, address = set_stamp_image(
            actor=self.actor,
            partner=self.partner,
            game_id=pk,
            picture=self.validated(UploadForm)["picture"],
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok({"image_url": address, "stamp_settings": shown_stamp_settings(game)})
