"""What an attribution can be asked: goal, touches, models, and the lists behind its numbers."""

from __future__ import annotations

from collector.core.query import Param
from collector.core.text import T
from collector.reports.attribution.answer import MODEL_WORDS
from collector.reports.attribution.models import MODELS
from collector.reports.attribution.plan import DIMENSIONS
from collector.reports.people_list import LIMIT

PARAMS = (
    Param("goal", "matcher", T("Goal"), T("What counts as a conversion; the site’s first goal if nothing is.")),
    Param(
        "dimension",
        "choice",
        T("Touches by"),
        T("How visits are told apart."),
        default="channel",
        choices=tuple(DIMENSIONS.items()),
    ),
    Param(
        "model",
        "choice",
        T("Model"),
        T("Whose share, revenue and costs are shown; all models stand beside each other."),
        default="position",
        choices=tuple((name, MODEL_WORDS[name]) for name in MODELS),
    ),
    Param("lookback", "duration", T("Lookback"), T("How long before a conversion touches count."), default="30d"),
    Param("half-life", "duration", T("Half-life"), T("Of a touch’s weight by time decay."), default="7d"),
    Param("cut", "flag", T("Begin anew after each conversion"), T("Touches before the previous one do not count.")),
    Param("collapse", "flag", T("Count repeats once"), T("The same touch several times in a row is one touch.")),
    Param(
        "touch",
        "matcher",
        T("Touches are"),
        T("Events instead of visits, like page:/blog/** or event:feature_*."),
        repeat=True,
        maximum=20,
    ),
    Param(
        "touch-by",
        "choice",
        T("Such touches by"),
        default="name",
        choices=(("name", T("Their own name")), ("matcher", T("What was asked for"))),
    ),
    Param("value", "text", T("Value property"), T("A number on the goal’s event to sum, like total.")),
    Param("currency", "text", T("Currency of costs"), T("Where costs are in several, like EUR.")),
    Param(
        "people",
        "choice",
        T("List"),
        choices=(
            ("all", T("All conversions")),
            ("touched", T("Those it touched")),
            ("first", T("Those it opened")),
            ("last", T("Those it closed")),
            ("last_non_direct", T("Those it closed, direct visits aside")),
            ("path", T("Those of the path")),
            ("length", T("Those with as many touches")),
            ("lag", T("Those that took as long")),
            ("unconverted", T("People touched and not converted")),
        ),
    ),
    Param("group", "text", T("Of"), T("The value, path or group that is listed.")),
    LIMIT,
)
