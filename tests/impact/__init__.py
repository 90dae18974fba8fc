"""Proof of impact: simulated worlds whose true effect is known, told to the engine and to the usual comparisons.

May touch: the impact report's engine, journeys in memory. Must never: let an answer look better than it is, by a world
without its trap or by a limit that a wrong answer passes.
"""
