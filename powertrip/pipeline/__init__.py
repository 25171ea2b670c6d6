"""The story of the program, one step a module: judge, enrich, send, decide, remind, poll, back up.

Each step takes what it needs from `Context`, and its effects are in the store. Nothing here knows a database,
Slack's API or a web server; adapters call these steps.
"""
