"""For people who look: reports, a queue, verdicts, and what is learnt from them."""
