"""Which version of the facts behind the access decision is in force; triggers that change it follow every `migrate`."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchange", "0007_corrections")]

    operations = [
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("version", models.UUIDField(default=uuid.UUID(int=0))),
            ],
            options={"verbose_name_plural": "policy version"},
        ),
    ]
