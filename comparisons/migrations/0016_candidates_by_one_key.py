import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0015_sets_take_turns")]

    operations = [
        migrations.RemoveConstraint(model_name="candidate", name="candidate_key_once_per_subtask"),
        migrations.RemoveConstraint(model_name="candidate", name="candidate_key_once_per_problem"),
        migrations.AlterField(
            model_name="candidate",
            name="pool",
            field=models.ForeignKey(
                db_index=False,
                help_text="The key's index begins with it.",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="candidates",
                to="comparisons.pool",
            ),
        ),
        migrations.AlterField(
            model_name="candidate",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                help_text="Indexed where known.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="candidates",
                to="comparisons.request",
            ),
        ),
        migrations.AddIndex(
            model_name="candidate",
            index=models.Index(
                fields=["request"], condition=models.Q(request__isnull=False), name="candidate_by_request"
            ),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                "pool", "problem", Coalesce("subtask", 0), "index", "attempt", name="candidate_key_once"
            ),
        ),
    ]
