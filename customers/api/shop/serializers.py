"""What tills are told of their own access and shops."""

from typing import Any

from rest_framework import serializers

from partners.models import Shop


class PartnerBriefSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    status = serializers.CharField()


class ValidateCredentialsSerializer(serializers.Serializer):
    valid = serializers.BooleanField()
    partner = PartnerBriefSerializer()
    partner_id = serializers.IntegerField()
    partner_name = serializers.CharField()
    environment = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    shop_id = serializers.IntegerField(allow_null=True, help_text="The only shop of this key, or null for all.")


class HealthSerializer(serializers.Serializer):
    status = serializers.CharField()
    timestamp = serializers.DateTimeField()
    version = serializers.CharField()


class CoordinatesSerializer(serializers.Serializer):
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()


class OwnerSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ShopSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    website = serializers.CharField()
    working_hours = serializers.DictField()
    opening_hours = serializers.SerializerMethodField()
    coordinates = serializers.SerializerMethodField()
    images = serializers.SerializerMethodField()
    is_active = serializers.BooleanField()
    is_virtual = serializers.BooleanField()
    partner_id = serializers.IntegerField()
    partner = serializers.SerializerMethodField()
    distance = serializers.SerializerMethodField(help_text="Kilometers, when latitude and longitude were given.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_opening_hours(self, shop: Shop) -> str:
        return "; ".join(f"{day}: {hours}" for day, hours in shop.working_hours.items())

    def get_coordinates(self, shop: Shop) -> dict[str, float] | None:
        if shop.latitude is None or shop.longitude is None:
            return None
        return {"latitude": float(shop.latitude), "longitude": float(shop.longitude)}

    def get_images(self, shop: Shop) -> list[str]:
        return []

    def get_partner(self, shop: Shop) -> dict[str, Any]:
        partner = self.context["partner"]
        return {"id": partner.pk, "name": partner.name}

    def get_distance(self, shop: Shop) -> float | None:
        distance = getattr(shop, "distance", None)
        return None if distance is None else round(float(distance), 3)
