"""The form of a licence row's MAC: rows made before cover less (form 1), and keep their form."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licences", "0004_bulk_indexes")]

    operations = [
        migrations.AddField(
            model_name="licence",
            name="mac_form",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
    ]
