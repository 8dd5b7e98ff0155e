"""Mails and webhooks grew side by side; from here on they go on together."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0022_message_templates"),
        ("messaging", "0040_webhooks"),
    ]

    operations = []
