"""The shared words as values: events, matchers, periods, texts, blocks, questions.

May touch: nothing but its arguments (numpy to compute). No I/O, no framework, no clock.
Must never: import another room, read a file, the environment or the time.
"""
