"""Which version of the facts behind the access decision is in force; triggers that change it follow every `migrate`."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_corrections")]

    operations = [
        migrations.CreateModel(
            name="PolicyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField()),
            ],
            options={"verbose_name": "policy change"},
        ),
    ]
