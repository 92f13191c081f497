from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0016_candidates_by_one_key")]

    operations = [
        migrations.AddField(
            model_name="pool",
            name="failing",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="What its circuit breaker remembers between shifts, and the last call before it was last begun.",
            ),
        ),
    ]
