"""A person's e-mail address counts once it is proven; those that are there are not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0013_codes_know_who_asked")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="email_verified_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="e-mail verified at"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("email_verified_at", None), ("email__isnull", False), _connector="OR"),
                name="person_verified_email_is_there",
            ),
        ),
    ]
