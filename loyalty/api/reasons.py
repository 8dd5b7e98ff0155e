"""Why staff of the platform do something."""

from rest_framework import serializers


class ReasonForm(serializers.Serializer):
    """Kept in the audit trail with what was done."""

    reason = serializers.CharField(max_length=500)
