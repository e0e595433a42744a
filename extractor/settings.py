"""Settings for what payers disagree on. The defaults are the professional-claim reading of the codebook."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, get_args, get_type_hints

from extractor.errors import UsageError


@dataclass(frozen=True, slots=True)
class Settings:
    """Policies, each with its default.

    segment_counting: how 63045-63048 are counted. ``motion_segment``: an interspace is one (professional claims);
        ``vertebra``: each bone whose lamina was removed is one (facility claims after Coding Clinic).
    bilateral_addon: how both sides of an added interspace (63035, 63043, 63044) are written. ``two_units`` or
        ``modifier_50``.
    endoscope_view: ``cpt``: a continuous endoscope view is endoscopic; ``payer``: some payers call it indirect, then
        such a note is sent to review.
    """

    segment_counting: Literal["motion_segment", "vertebra"] = "motion_segment"
    bilateral_addon: Literal["two_units", "modifier_50"] = "two_units"
    endoscope_view: Literal["cpt", "payer"] = "cpt"

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self)).items():
            allowed = get_args(hint)
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"setting {name}={getattr(self, name)!r} is not one of {', '.join(map(repr, allowed))}"
                )

    def to_dict(self) -> dict[str, str]:
        return asdict(self)

    def fingerprint(self) -> str:
        """``name=value`` pairs in a stable order, as written to the provenance of each record."""
        return ";".join(f"{name}={value}" for name, value in sorted(self.to_dict().items()))

    @classmethod
    def read(cls, fingerprint: str) -> Settings:
        """The settings that a fingerprint tells of. Raises ``UsageError`` when it is none of this version."""
        try:
            return cls(**dict(pair.split("=") for pair in fingerprint.split(";")))  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise UsageError("the settings of a record are none of this version; extract the notes again") from None
