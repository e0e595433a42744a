"""How fast the reader is and how much memory it takes, against the bare spaCy tokenizer and stock medSpaCy.

``make bench`` (``python -m tests.benchmarks``) takes about 15 minutes on two cores, with ``--quick`` one or two. Every
figure is a ratio of two measurements of one run on the same notes: seconds are those of one machine.
"""
