from django.db import migrations

#: Pages and mails are complete in these; before, four more could be chosen.
OFFERED = ["en", "de"]


def choose_english(apps, schema_editor):
    apps.get_model("accounts", "User").objects.exclude(language__in=OFFERED).update(language="en")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_counts_while_redis_is_away")]

    operations = [migrations.RunPython(choose_english, migrations.RunPython.noop)]
