"""The three plans that exist from the start (decision 16)."""

from django.db import migrations

PLANS = [
    ("starter", "Starter", 5_000, 200, 8_000, 300),
    ("professional", "Professional", 5_000, 200, 8_000, 300),
    ("enterprise", "Enterprise", 20_000, 800, 64_000, 2_400),
]


def create_plans(apps, schema_editor):
    plan = apps.get_model("partners", "Plan")
    for code, name, staff_hour, staff_minute, key_hour, key_minute in PLANS:
        plan.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "staff_per_hour": staff_hour,
                "staff_per_minute": staff_minute,
                "credential_per_hour": key_hour,
                "credential_per_minute": key_minute,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]
    operations = [migrations.RunPython(create_plans, migrations.RunPython.noop)]
