from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from interchange.choices import FeedSource, ImportStatus


class FeedImport(models.Model):
    """One reading of a partner's XML feed: from where, with what wishes, and what came of it."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+", verbose_name=_("partner"))
    source = models.CharField(_("source"), max_length=4, choices=FeedSource)
    url = models.CharField(_("address"), max_length=2_000, blank=True)
    file_name = models.CharField(_("file name"), max_length=255, blank=True)
    # Which feed it is: the same one imported again speaks of the same products.
    feed = models.CharField(_("feed"), max_length=64)
    auto_publish = models.BooleanField(_("publish new products"), default=True)
    deactivate_missing = models.BooleanField(_("switch off what is missing"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=ImportStatus, default=ImportStatus.RUNNING)
    items = models.PositiveIntegerField(_("items"), default=0)
    products_created = models.PositiveIntegerField(_("products created"), default=0)
    products_updated = models.PositiveIntegerField(_("products updated"), default=0)
    products_unchanged = models.PositiveIntegerField(_("products unchanged"), default=0)
    products_deactivated = models.PositiveIntegerField(_("products switched off"), default=0)
    offers_created = models.PositiveIntegerField(_("offers created"), default=0)
    offers_updated = models.PositiveIntegerField(_("offers updated"), default=0)
    offers_unchanged = models.PositiveIntegerField(_("offers unchanged"), default=0)
    errors_count = models.PositiveIntegerField(_("items refused"), default=0)
    error_code = models.CharField(_("error"), max_length=50, blank=True)
    error_reason = models.CharField(_("reason"), max_length=50, blank=True)
    actor_kind = models.CharField(_("actor kind"), max_length=20)
    actor_id = models.BigIntegerField(_("actor id"), null=True)
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, editable=False)

    class Meta:
        verbose_name = _("feed import")
        verbose_name_plural = _("feed imports")
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["completed", "failed"], finished_at__isnull=False)
                | (Q(status__in=["queued", "running"], finished_at=None)),
                name="feed_import_finished_has_moment",
            ),
        ]
        indexes = [
            models.Index(F("partner"), F("id").desc(), name="feed_import_partner"),
            models.Index(fields=["status"], condition=Q(status__in=["queued", "running"]), name="feed_import_open"),
        ]

    def __str__(self) -> str:
        return self.url or self.file_name or str(self.pk)


class FeedFile(models.Model):
    """The content of a feed that waits for a worker, packed; gone as soon as it is read."""

    feed_import = models.OneToOneField("interchange.FeedImport", models.CASCADE, primary_key=True, related_name="file")
    content = models.BinaryField()

    class Meta:
        verbose_name = _("waiting feed")
        verbose_name_plural = _("waiting feeds")

    def __str__(self) -> str:
        return str(self.feed_import_id)


class FeedRowError(models.Model):
    """An item of a feed that was not taken, and why; `reason` is a code with a text in `rules/feed_texts.py`."""

    feed_import = models.ForeignKey(
        "interchange.FeedImport", models.CASCADE, related_name="row_errors", verbose_name=_("feed import")
    )
    line = models.PositiveIntegerField(_("line"))
    item = models.PositiveIntegerField(_("item"))
    external_id = models.CharField(_("number in the feed"), max_length=100, blank=True)
    field = models.CharField(_("field"), max_length=50)
    reason = models.CharField(_("reason"), max_length=50)

    class Meta:
        verbose_name = _("refused item")
        verbose_name_plural = _("refused items")

    def __str__(self) -> str:
        return f"{self.line}: {self.field}"
