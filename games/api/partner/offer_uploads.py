"""The picture of an offer: `/{locale}/partners/offers/{id}/upload-image`."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from games.api.partner import examples
from games.api.partner.uploads import EncodedForm, FileForm, PictureFormParser, UploadForm
from games.services.offer_images import set_offer_image
from loyalty.api import envelope
from loyalty.api.json import StrictJSONParser
from loyalty.api.schema import document
from loyalty.errors import MalformedRequest, PayloadTooLarge, ResourceNotFound, ValidationFailed
from partners.api.base import PartnerViewSet
from partners.errors import InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied


class OfferImageAnswer(serializers.Serializer):
    id = serializers.IntegerField()
    image_url = serializers.CharField()


class OfferImageViewSet(PartnerViewSet):
    """As the picture of a stamp: made anew from its pixels."""

    parser_classes = [StrictJSONParser, PictureFormParser]
    capabilities = {"create": "offers.edit"}

    @document(
        "Upload the picture of an offer",
        answer=OfferImageAnswer,
        body={"application/json": EncodedForm, "multipart/form-data": FileForm},
        raises=(
            *(InsufficientPartnerPermissions, ScopeInsufficient, StoreAccessDenied),
            *(ResourceNotFound, ValidationFailed, MalformedRequest, PayloadTooLarge),
        ),
        example={"id": 12, "image_url": "https://loyalty.example/media/partners/1/offers/0814f352.png"},
        body_example={"image_base64": examples.PICTURE},
        description="A PNG, JPEG or WebP picture of at most 1.9 MB and 25 million pixels, as the file `image` of a "
        "form or as `image_base64`. Its address becomes the offer's `image_url`.",
    )
    def create(self, request: Request, locale: str, pk: int) -> Response:
        offer = set_offer_image(
            actor=self.actor,
            partner=self.partner,
            offer_id=pk,
            picture=self.validated(UploadForm)["picture"],
            reach=self.shop_ids,
            at=self.now,
        )
        return envelope.ok({"id": offer.pk, "image_url": offer.image_url})
