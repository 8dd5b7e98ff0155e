"""Texts of messages that stand in place of the built-in ones."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0021_messages"),
        ("partners", "0013_products_missing_from_their_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]{2,59}\\Z",
                                "Small letters, digits and underscores, beginning with a letter.",
                            )
                        ],
                        verbose_name="template",
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z]{2}(-[a-z]{2})?\\Z", "A language code such as lt or pt-br."
                            )
                        ],
                        verbose_name="language",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("body", models.TextField(max_length=20000, verbose_name="text")),
                ("button", models.CharField(blank=True, max_length=80, verbose_name="button")),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Off: kept as a draft; the built-in text is sent.",
                        verbose_name="in use",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: for every partner.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "message template",
                "verbose_name_plural": "message templates",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("code", "language", "partner"), name="message_template_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("subject", ""), _negated=True), models.Q(("body", ""), _negated=True)
                        ),
                        name="message_template_says_something",
                    ),
                ],
            },
        ),
    ]
