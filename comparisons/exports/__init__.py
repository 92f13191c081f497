"""Pure: a comparison report -> its tables ready to print, and files (CSV, JSON, Markdown, LaTeX, zip)."""

from comparisons.exports.accounts import held_lines, parts_table, price_lines
from comparisons.exports.attempts import attempts_lines
from comparisons.exports.bundle import SourceRow, figures, file_stem, telling_subtask, zip_bytes
from comparisons.exports.cards import Card, CheapestLine, Said, cards, cheapest_lines, said
from comparisons.exports.csv_files import TABLES, figure_csv
from comparisons.exports.documents import SCHEMA_VERSION, content_hash, latex_table, markdown, report_json
from comparisons.exports.fits import fit_figures, fit_lines
from comparisons.exports.heat import VIEWS, Heat, heat
from comparisons.exports.humans import human_fields
from comparisons.exports.parquet_file import parquet
from comparisons.exports.parting import Parting, default_pair, parting
from comparisons.exports.plans import plan_lines
from comparisons.exports.tables import SORTS, ScoreLine, ScoreTable, score_table

__all__ = [
    "SCHEMA_VERSION",
    "SORTS",
    "TABLES",
    "VIEWS",
    "Card",
    "CheapestLine",
    "Heat",
    "Parting",
    "Said",
    "ScoreLine",
    "ScoreTable",
    "SourceRow",
    "attempts_lines",
    "cards",
    "cheapest_lines",
    "content_hash",
    "default_pair",
    "figure_csv",
    "figures",
    "file_stem",
    "fit_figures",
    "fit_lines",
    "heat",
    "held_lines",
    "human_fields",
    "parts_table",
    "plan_lines",
    "price_lines",
    "latex_table",
    "markdown",
    "parquet",
    "parting",
    "report_json",
    "said",
    "score_table",
    "telling_subtask",
    "zip_bytes",
]
