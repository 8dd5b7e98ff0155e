"""What the platform's own staff send and get."""

from rest_framework import serializers

from loyalty.api.accounts import TokensAnswer


class AdminUserAnswer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField()
    language = serializers.CharField()
    is_superuser = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    last_login_at = serializers.DateTimeField(source="last_login", allow_null=True)


class AdminLoginAnswer(TokensAnswer):
    user = AdminUserAnswer()
