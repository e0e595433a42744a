"""spaCy factories of the components, for people who build their own pipelines (``nlp.add_pipe("opnote_mentions")``).

spaCy reads the annotations of a factory at run time, so they are not postponed here.
"""

from spacy.language import Language

from extractor import knowledge
from extractor.language.components import Judge, Mentions, Sentences


@Language.factory("opnote_sentences")
def opnote_sentences(nlp: Language, name: str) -> Sentences:
    """Sentence starts by the rules of dictated surgery."""
    return Sentences()


@Language.factory("opnote_mentions")
def opnote_mentions(nlp: Language, name: str) -> Mentions:
    """Mentions of acts, levels, sides and the rest in the span group ``opnote``. Needs sentence starts."""
    return Mentions(nlp, knowledge.load())


@Language.factory("opnote_assertion")
def opnote_assertion(nlp: Language, name: str) -> Judge:
    """ConText judgements of the mentions. Needs ``opnote_mentions`` before it."""
    return Judge(nlp, knowledge.load())
