"""Bills over the notes of ``corpora/``, right and made wrong, with the verdicts that the labels call for."""
