"""What the addon computes, computed a second time, to hold the two against each other.

The addon computes in SQL over the whole base; this goes customer by customer, rule by
rule, in the plainest way there is. It imports nothing of the addon and calls none of
its methods, only reads its records: a mistake in one is not repeated in the other.

=============  ================================================================
`figures`      scores, rhythm, life cycle, segment, retention and value of every
               customer, straight from the definitions; plain Python
`documents`    a company's sales and settings, read from a database for `figures`
`compare`      what the addon and `figures` disagree on, as sentences
`gate`         the gate's rules; plain Python
`care`         in which state of care a customer is, and why; plain Python
`feasibility`  what plans ask of people, in the long run and week by week
`reports`      what managers read of a morning, a day and a month
=============  ================================================================

It is imported as `oracle`: the folder `tests` is on Python's path, where `./dev` and
pytest's configuration put it. It is a part of the repository, not of the addon's wheel.
The tests that need it fail without it: skipping would look like success.
"""
