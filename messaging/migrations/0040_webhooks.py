"""Webhook endpoints, and events on their way to them."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0020_outbox"),
        ("messaging", "0022_message_templates"),
        ("partners", "0013_products_missing_from_their_feed"),
    ]

    operations = [
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=1000, verbose_name="address")),
                ("description", models.CharField(blank=True, max_length=200, verbose_name="description")),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), size=None, verbose_name="events"
                    ),
                ),
                ("secret", models.BinaryField()),
                ("former_secret", models.BinaryField(null=True)),
                ("former_until", models.DateTimeField(null=True, verbose_name="former secret signs until")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("disabled", "Disabled")],
                        default="active",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("failing", "Nothing was accepted for five days"),
                            ("gone", "The endpoint answered 410 Gone"),
                            ("switched_off", "Switched off"),
                        ],
                        max_length=20,
                        verbose_name="why",
                    ),
                ),
                ("state_at", models.DateTimeField(verbose_name="in this state since")),
                ("failing_since", models.DateTimeField(null=True, verbose_name="failing since")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="last delivered")),
                ("is_slow", models.BooleanField(default=False, verbose_name="one attempt at a time")),
                ("claimed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("deleted_at", models.DateTimeField(null=True, verbose_name="deleted at")),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook endpoint",
                "verbose_name_plural": "webhook endpoints",
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=60, verbose_name="kind of event")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("sending", "Being sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("replays", models.PositiveSmallIntegerField(default=0, verbose_name="replays")),
                ("due_at", models.DateTimeField(verbose_name="next attempt")),
                ("last_at", models.DateTimeField(null=True, verbose_name="last attempt")),
                ("last_status", models.PositiveSmallIntegerField(null=True, verbose_name="last status")),
                ("last_ms", models.PositiveIntegerField(null=True, verbose_name="milliseconds")),
                (
                    "error",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("status", "Not accepted"),
                            ("redirect", "Redirected"),
                            ("gone", "Gone"),
                            ("too_slow", "No answer in time"),
                            ("unreachable", "Nobody listens there"),
                            ("unknown_host", "Unknown host name"),
                            ("not_public", "Not a public address"),
                            ("certificate", "Certificate not valid"),
                            ("address", "Not an address we may call"),
                            ("broken", "The answer was no HTTP"),
                            ("secret", "The secret cannot be read"),
                            ("expired", "Not delivered in time"),
                        ],
                        max_length=20,
                        verbose_name="error",
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="loyalty.outboxevent",
                        verbose_name="event",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "endpoint",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.webhookendpoint",
                        verbose_name="endpoint",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("deleted_at", None), ("state", "active")),
                fields=["claimed_at"],
                name="webhook_claimable",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)), fields=("partner", "url"), name="webhook_url_once_per_partner"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("state", "active")),
                    models.Q(("reason", "failing"), ("state", "paused")),
                    models.Q(("reason__in", ["gone", "switched_off"]), ("state", "disabled")),
                    _connector="OR",
                ),
                name="webhook_state_and_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(("events__len__gt", 0)), name="webhook_wants_something"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("pending", "sending"))),
                fields=["endpoint", "due_at", "id"],
                name="delivery_due",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                models.F("endpoint"), models.OrderBy(models.F("id"), descending=True), name="delivery_endpoint"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                models.F("partner"), models.OrderBy(models.F("id"), descending=True), name="delivery_partner"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)), fields=["finished_at"], name="delivery_finished"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event"), name="delivery_once_per_event"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at", None), ("state__in", ("pending", "sending"))),
                    models.Q(
                        models.Q(("state__in", ("pending", "sending")), _negated=True), ("finished_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="delivery_open_or_finished",
            ),
        ),
    ]
