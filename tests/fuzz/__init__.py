"""Notes that nobody wrote: strategies for Hypothesis, a harness for atheris, and what must hold of any of them."""
