"""Powertrip asks the person who just touched a critical system "was this you?", until somebody answers.

    webhook -> source -> inbox -> rule -> event -> routing -> delivery -> card
                                                                          |
    audit <- delivery <- lifecycle <- policy <- button or command <-------+
                            ^
                            +---- reminders (due-time sweep)

`workflow` tells the story; `store`, `slack`, `web`, `sources` and `scheduler` are its hands.
"""
