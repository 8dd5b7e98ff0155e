"""Log-in sessions of persons who buy, beside those of users."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="loginsession",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="user",
            ),
        ),
        migrations.AddField(
            model_name="loginsession",
            name="person_id",
            field=models.BigIntegerField(null=True, verbose_name="person"),
        ),
        migrations.AddIndex(
            model_name="loginsession",
            index=models.Index(
                condition=models.Q(("person_id__isnull", False)), fields=["person_id"], name="session_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="loginsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("person_id", None), ("user__isnull", False)),
                    models.Q(("person_id__isnull", False), ("user", None)),
                    _connector="OR",
                ),
                name="session_of_user_or_person",
            ),
        ),
    ]
