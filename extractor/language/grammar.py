"""Function words that the shallow reading of a sentence goes by. Grammar alone: clinical words are in the tables."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PREPOSITIONS = _set(
    "with at to from under underneath over off between on in above below beneath around along near by against into "
    "beyond behind until toward towards through past onto without for via inside outside across upon beside w/ "
    "adjacent overlying covering medial lateral up down out anterior posterior ventral dorsal rostral caudal cephalad "
    "deep superficial like exposing before after as within throughout"
)
DIRECTIONS = _set(
    "medial lateral anterior posterior ventral dorsal rostral caudal cephalad deep superficial up down out"
)
"""Prepositions only before "to"; else adjectives of a part."""

PARTITIVES = _set(
    "half halves third thirds quarter edge edges margin margins portion portions part parts lip lips aspect aspects "
    "rim rims tip tips undersurface underside bottom top majority remainder remnant remnants surface cap roof piece "
    "pieces most all both each much bite bites mm millimeters millimetres corner base percent shelf side sides rest "
    "some bulk remaining layer layers fragment fragments amount sliver section sections border window leaf leaves "
    "sheet inch cm two-thirds bits spur ridge overhang bone neck origin attachment insertion hypertrophy few more "
    "length width wall walls strip strips scallop curl wafer removal resection excision decompression point floor "
    "face body less whole entirety remains breadth outside inside upper lower stub stubs stump stumps end ends lump "
    "band ring crescent"
)
DETERMINERS = _set(
    "the a an this that these those each both either any some several one two three four five no our another all "
    "every his her its their"
)
PRONOUNS = _set("it these they this them which their its those both each")
SUBJECTS = _set(
    "to we i and then by surgeon resident fellow attending he she they carefully gently sharply again next also first "
    "now punches punch kerrisons"
)
"""Words after which a past tense is active: "we removed", "then drilled"."""

CHAINS = frozenset({"and", ",", "then", "until"})
ADVERBS = _set("not also again first last next now then finally often further already still")
ACTIVE_FORMS = _set("took take resect remove excise drill bit")
AUXILIARIES = _set("was were been being is are be has have had got get gets came comes")
STRONG_BREAKS = frozenset(".;:()\n")
CLAUSE_OPENERS = _set("while which where when but until as")
CLAUSE_BREAKS = STRONG_BREAKS | CLAUSE_OPENERS
IDIOMS = _set(
    "care pains precautions films film radiographs radiograph photographs photograph pictures picture cultures culture "
    "samples sample biopsies time x-rays x-ray images image history measures steps"
)
"""Subjects that "taken" says nothing of the spine of."""
PREDICATES = _set("was were is are had has have")
"""Between two structures: the first has a predicate of its own."""
NEW_CLAUSES = CLAUSE_OPENERS | PREDICATES
MEETINGS = _set("junction between angle meeting confluence")
"""Before "lamina and facet": where two structures meet, a place."""
JOINERS = frozenset({",", "and", "/", "&", "or", "+"})
PLACES = _set("level side front back top bottom out line plane depth region area center opposite inside lateral medial")
