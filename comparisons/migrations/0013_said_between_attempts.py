from typing import Any

from django.db import migrations, models


def forget_turns_of_imports(apps: Any, schema_editor: Any) -> None:
    """Imports said 1 where their files said nothing. Candidates that were drawn have a request, and know."""
    apps.get_model("comparisons", "Candidate").objects.filter(request__isnull=True).update(turns=None)


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0012_reported_cost")]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="said",
            field=models.JSONField(
                help_text="See samplers.records. Of an import; of what was drawn, requests tell.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="candidate",
            name="turns",
            field=models.PositiveSmallIntegerField(
                help_text="Calls that this attempt took, one after the other.", null=True
            ),
        ),
        # Elidable: it changes rows that earlier versions wrote, so an empty database is the same without it.
        migrations.RunPython(forget_turns_of_imports, migrations.RunPython.noop, elidable=True),
    ]
