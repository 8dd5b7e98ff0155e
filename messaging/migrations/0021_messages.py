"""Messages between partners and the platform, with attachments."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import loyalty.files.storage
import messaging.models.message


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0020_emails"),
        ("partners", "0013_products_missing_from_their_feed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_from_platform", models.BooleanField(verbose_name="from the platform")),
                (
                    "message_type",
                    models.CharField(
                        choices=[
                            ("message", "Message"),
                            ("comment", "Comment"),
                            ("document_request", "Request for documents"),
                            ("status_update", "Status update"),
                        ],
                        default="message",
                        max_length=20,
                        verbose_name="type",
                    ),
                ),
                (
                    "topic",
                    models.CharField(
                        choices=[
                            ("general", "General"),
                            ("onboarding", "Onboarding"),
                            ("documents", "Documents"),
                            ("commission", "Commission and statements"),
                            ("integration", "Integration"),
                            ("marketing", "Marketing"),
                        ],
                        default="general",
                        max_length=20,
                        verbose_name="topic",
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=200, verbose_name="subject")),
                ("text", models.TextField(verbose_name="text")),
                (
                    "is_internal",
                    models.BooleanField(
                        default=False, help_text="Partners never see it.", verbose_name="internal note"
                    ),
                ),
                ("sent_at", models.DateTimeField(verbose_name="sent at")),
                ("read_at", models.DateTimeField(blank=True, null=True, verbose_name="read at")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="author",
                    ),
                ),
                (
                    "email",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.emailmessage",
                        verbose_name="e-mail message",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="partners.partner",
                        verbose_name="partner",
                    ),
                ),
                (
                    "read_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="read by",
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="messaging.message",
                        verbose_name="thread",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
            },
        ),
        migrations.CreateModel(
            name="MessageAttachment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "file",
                    models.FileField(
                        max_length=200,
                        storage=loyalty.files.storage.private_storage,
                        upload_to=messaging.models.message.attachment_path,
                        verbose_name="file",
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="file name")),
                ("content_type", models.CharField(max_length=100, verbose_name="kind of file")),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="messaging.message",
                        verbose_name="message",
                    ),
                ),
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
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["partner", "-id"], name="message_partner"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["thread", "id"], name="message_thread"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("is_internal", False), ("read_at", None)),
                fields=["partner", "is_from_platform"],
                name="message_unread",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_internal", False),
                    models.Q(("email", None), ("is_from_platform", True), ("read_at", None)),
                    _connector="OR",
                ),
                name="message_note_stays_inside",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("read_by", None), ("read_at__isnull", False), _connector="OR"),
                name="message_reader_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("thread", None), models.Q(("thread", models.F("id")), _negated=True), _connector="OR"
                ),
                name="message_not_its_own_thread",
            ),
        ),
        migrations.AddIndex(
            model_name="messageattachment",
            index=models.Index(fields=["message", "id"], name="attachment_message"),
        ),
    ]
