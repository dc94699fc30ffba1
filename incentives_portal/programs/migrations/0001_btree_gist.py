from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What "no two periods of a program overlap" needs. A trusted extension: the owner of the database may create it."""

    initial = True
    dependencies = []
    operations = [BtreeGistExtension()]
