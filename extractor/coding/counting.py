"""Units where payers disagree: one place for the arithmetic, whoever asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from extractor.settings import Settings


def further_segments(regions: Collection[Sequence[str]], bones: Collection[str], settings: Settings) -> int:
    """Units of the add-on for stenosis, given the interspaces of each region and the bones whose laminae were taken.

    By motion segment each interspace after the first of its region is one. By vertebra it is one more for each region
    when the laminae of all its bones were taken.
    """
    count = sum(len(levels) - 1 for levels in regions)
    by_bone = settings.segment_counting == "vertebra" and len(bones) > sum(map(len, regions))
    return count + (len(regions) if by_bone else 0)


def further_windows(
    levels: Sequence[str], both: Sequence[str], settings: Settings
) -> list[tuple[Sequence[str], int, tuple[str, ...]]]:
    """Levels, units and modifiers of the add-on for added interspaces, ``both`` of them opened on both sides."""
    if both and settings.bilateral_addon == "modifier_50":
        single = [level for level in levels if level not in both]
        return [(both, len(both), ("50",)), *([(single, len(single), ())] if single else [])]
    return [(levels, len(levels) + len(both), ())]
