from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def name_sets(apps: Any, schema_editor: Any) -> None:
    """Pieces that wait from before know their problem only."""
    problem = apps.get_model("comparisons", "Problem").objects.filter(pk=OuterRef("problem"))
    pieces = apps.get_model("comparisons", "Work").objects.filter(problem__isnull=False)
    pieces.update(problem_set=Subquery(problem.values("problem_set")[:1]))


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0014_who_may_ask_a_model")]

    operations = [
        migrations.AddField(
            model_name="problemset",
            name="served_at",
            field=models.DateTimeField(
                editable=False, help_text="When work of it last began (stages.turns).", null=True
            ),
        ),
        migrations.AddField(
            model_name="work",
            name="problem_set",
            field=models.ForeignKey(
                db_index=False,
                help_text="The problem's; indexed.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="comparisons.problemset",
            ),
        ),
        migrations.AddIndex(
            model_name="work",
            index=models.Index(fields=["problem_set", "state", "position", "id"], name="work_in_turn"),
        ),
        # Elidable: it changes rows that earlier versions wrote, so an empty database is the same without it.
        migrations.RunPython(name_sets, migrations.RunPython.noop, elidable=True),
    ]
