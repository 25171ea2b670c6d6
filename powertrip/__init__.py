"""Powertrip asks the person who just touched a critical system "was this you?", until somebody answers.

    webhook or poll -> source -> inbox -> rule -> event -> enrichment -> routing -> delivery -> card
                                                                                       |
    audit <- origin (HIDS) <- delivery <- lifecycle <- policy <- button or command <---+
                                              ^
                                              +---- reminders (due-time sweep)

`workflow` tells the story; `store`, `slack`, `web`, `sources`, `enrichers`, `origins` and `scheduler` are its
hands. While Slack is down, `backup` tells people another way; `api` is for a HIDS that prefers to ask.
"""
