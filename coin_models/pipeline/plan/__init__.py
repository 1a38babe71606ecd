"""The plan of coin-days: a pure function from facts to an action for each, with its parent and reason.

Eligibility (`market`) and attempts (`operations`) are facts to it. What a run trains, `status` shows and a sensor requests
is read from it, and from nothing else.
"""
