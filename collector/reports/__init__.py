"""THE QUESTIONS: one module a report, pure functions over journeys.

May touch: core, the values of journeys, numpy and scipy.
Must never: query a database, read a clock or a request, make HTML. A new report is one new module here, no more.
"""
