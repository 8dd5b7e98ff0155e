"""SMS texts under codes of one's own, with placeholders written as in e-mails: `{{ code }}` where it was `{code}`."""

import re
from typing import Any

import django.core.validators
from django.db import migrations, models

_OLD = re.compile(r"\{([a-z_]+)\}")
_NEW = re.compile(r"\{\{ ([a-z_]+) \}\}")


def to_new(apps: Any, schema_editor: Any) -> None:
    _rewrite(apps, lambda text: _OLD.sub(r"{{ \1 }}", text))


def to_old(apps: Any, schema_editor: Any) -> None:
    _rewrite(apps, lambda text: _NEW.sub(r"{\1}", text))


def _rewrite(apps: Any, change: Any) -> None:
    template = apps.get_model("messaging", "SmsTemplate")
    for row in template.objects.all():
        template.objects.filter(pk=row.pk).update(text=change(row.text))


class Migration(migrations.Migration):
    dependencies = [("messaging", "0090_consent_reference")]

    operations = [
        migrations.AlterField(
            model_name="smstemplate",
            name="code",
            field=models.CharField(
                max_length=60,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z][a-z0-9_]{2,59}\\Z", "Small letters, digits and underscores, beginning with a letter."
                    )
                ],
                verbose_name="template",
            ),
        ),
        migrations.AlterField(
            model_name="smstemplate",
            name="language",
            field=models.CharField(
                max_length=5,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[a-z]{2}(-[a-z]{2})?\\Z", "A language code such as lt or pt-br."
                    )
                ],
                verbose_name="language",
            ),
        ),
        migrations.AlterField(
            model_name="smstemplate",
            name="is_active",
            field=models.BooleanField(
                default=True, help_text="Off: kept as a draft; the built-in text is sent.", verbose_name="in use"
            ),
        ),
        migrations.AlterField(
            model_name="smstemplate", name="text", field=models.TextField(max_length=600, verbose_name="text")
        ),
        migrations.RunPython(to_new, to_old),
    ]
