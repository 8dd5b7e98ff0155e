"""The platform pauses an endpoint, and only the platform switches it on again (ADR 57)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("messaging", "0091_sms_texts_of_ones_own")]

    operations = [
        migrations.AlterField(
            model_name="webhookendpoint",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("failing", "Nothing was accepted for five days"),
                    ("held", "Paused by the platform"),
                    ("gone", "The endpoint answered 410 Gone"),
                    ("switched_off", "Switched off"),
                ],
                max_length=20,
                verbose_name="why",
            ),
        ),
        migrations.RemoveConstraint(model_name="webhookendpoint", name="webhook_state_and_reason"),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=Q(state="active", reason="")
                | Q(state="paused", reason__in=["failing", "held"])
                | Q(state="disabled", reason__in=["gone", "switched_off"]),
                name="webhook_state_and_reason",
            ),
        ),
    ]
