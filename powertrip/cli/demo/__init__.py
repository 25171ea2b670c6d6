"""`bot.py demo`: a Slack on this machine, Powertrip, made-up events, and a story told on the terminal.

`scenes` holds what happens, `outside` stands in for the services around Powertrip, `narration` tells what
the history says, `workspace` says who is in its Slack, and `stage` puts
them together.
"""

from powertrip.cli.demo.stage import run_demo, run_sandbox
from powertrip.cli.demo.workspace import local_slack

__all__ = ["local_slack", "run_demo", "run_sandbox"]
