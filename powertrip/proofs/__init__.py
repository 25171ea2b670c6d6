"""The kinds of proof: a file a kind, which says how its person is asked and what an answer proves."""
