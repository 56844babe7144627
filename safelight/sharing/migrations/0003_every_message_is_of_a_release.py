"""Every message is of a release: a test of the mail server was never kept as a message."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0002_copies_read_again")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(
                choices=[
                    ("link", "Here is a secure item"),
                    ("destroy", "Please destroy what we sent"),
                ],
                default="link",
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="release",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="sharing.release",
            ),
        ),
    ]
