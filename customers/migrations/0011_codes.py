"""One-time codes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0010_persons"),
    ]

    operations = [
        migrations.CreateModel(
            name="OneTimeCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("phone", models.CharField(max_length=20, verbose_name="phone")),
                (
                    "purpose",
                    models.CharField(
                        choices=[("login", "Log-in"), ("register", "Registration"), ("verify", "Verification")],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="tries")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("used_at", models.DateTimeField(null=True, verbose_name="used at")),
            ],
            options={
                "verbose_name": "one-time code",
                "verbose_name_plural": "one-time codes",
                "indexes": [
                    models.Index(fields=["phone", "-created_at"], name="one_time_code_phone"),
                    models.Index(fields=["created_at"], name="one_time_code_age"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tries__lte", 3)), name="one_time_code_tries")
                ],
            },
        ),
    ]
