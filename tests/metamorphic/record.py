"""The fields of a record that pairs are held to, and the reading of texts, each read once."""

from __future__ import annotations

from functools import cache

import extractor
from extractor.pipeline import Extractor
from extractor.settings import Settings
from tests import inline
from tests.metamorphic.truth import Fields

DEFAULT = Settings()


@cache
def with_settings(settings: Settings) -> Extractor:
    return inline.loaded() if settings == DEFAULT else extractor.load(settings)


@cache
def read(text: str, settings: Settings = DEFAULT, day: str | None = None) -> Fields:
    """The fields by name, in plain types."""
    result = with_settings(settings).extract(text, date_of_service=day)
    record = result.to_dict()
    told = record["attributes"]
    return {
        "operative": record["operative"],
        "date_of_service": record["date_of_service"],
        "families": inline.families(result),
        "codes": sorted(inline.claims(result)),
        **{name: told[name] for name in told if name not in {"level_unit", "regions"}},
        "not_performed": sorted([entry["act"], entry["status"]] for entry in record["not_performed"]),
        "conflicts": record["conflicts"],
    }
