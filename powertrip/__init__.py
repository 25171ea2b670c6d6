"""Powertrip asks the person who just touched a critical system "was this you?", until somebody answers.

    webhook or poll -> source -> inbox -> rule -> event -> enrichment -> card -> delivery -> Slack
                                                                                               |
    audit <- HIDS <- delivery <- lifecycle <- policy <- button or command <--------------------+
                                    ^
                                    +---- reminders (due-time sweep)

`pipeline` tells this story, a file a step. Its hands are `ingest`, `sources`, `polls`, `rules`, `enrichment`,
`cards`, `slack` and `hids`; `domain` decides, `store` keeps, and `runtime` starts it all.
"""

__version__ = "0.1.0"
