"""Long trials, run by hand: real programs, killed, starved and flooded, and what came of it counted.

Each prints a table and ends with a status other than zero where a promise was broken. Traffic stays on this
machine, and each trial ends by itself.
"""
