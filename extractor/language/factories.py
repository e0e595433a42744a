"""spaCy factories of the components, for people who build their own pipelines (``nlp.add_pipe("opnote_mentions")``).

spaCy imports the factories of every installed package, whatever pipeline is built, so the components and tables are
imported only when one is asked for. It reads the annotations of a factory at run time: they are not postponed here.
"""

from collections.abc import Callable

from spacy.language import Language
from spacy.tokens import Doc

Component = Callable[[Doc], Doc]


@Language.factory("opnote_sentences")
def opnote_sentences(nlp: Language, name: str) -> Component:
    """Sentence starts by the rules of dictated surgery."""
    from extractor.language.components import Sentences  # noqa: PLC0415

    return Sentences()


@Language.factory("opnote_mentions")
def opnote_mentions(nlp: Language, name: str) -> Component:
    """Mentions of acts, levels, sides and the rest in the span group ``opnote``. Needs sentence starts."""
    from extractor import knowledge  # noqa: PLC0415
    from extractor.language.components import Mentions  # noqa: PLC0415

    return Mentions(nlp, knowledge.load())


@Language.factory("opnote_assertion")
def opnote_assertion(nlp: Language, name: str) -> Component:
    """ConText judgements of the mentions. Needs ``opnote_mentions`` before it."""
    from extractor import knowledge  # noqa: PLC0415
    from extractor.language.components import Judge  # noqa: PLC0415

    return Judge(nlp, knowledge.load())
