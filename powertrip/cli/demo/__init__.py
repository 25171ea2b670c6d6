"""`bot.py demo`: a Slack on this machine, Powertrip, made-up events, and a story told on the terminal.

`scenes` holds what happens, `story` tells it on the page, `outside` stands in for the services around
Powertrip, `narration` tells what the history says, `workspace` says who is in its Slack, and `stage` puts
them together. `bot.py sandbox` is that Slack alone.
"""

from typing import Annotated

import typer

from powertrip.cli.shared import console

app = typer.Typer()


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the sandbox's page; 0 takes any.")] = 8090,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    pace: Annotated[
        float, typer.Option(min=0.01, max=10, help="How long the pauses are, as a multiple.")
    ] = 1.0,
) -> None:
    """Show Powertrip at work on this machine: a Slack of its own, made-up logins, and a story told here."""
    import asyncio

    from powertrip.cli.demo.stage import run_demo
    from powertrip.cli.demo.workspace import local_slack
    from powertrip.log import configure_logging

    # What the story tells, such as who may not decide, need not be in the log as well.
    configure_logging("error", "human")
    asyncio.run(run_demo(local_slack(port=port, with_story=True), console, open_browser=browser, pace=pace))


@app.command()
def sandbox(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8090,
    strict_rates: Annotated[bool, typer.Option(help="Answer 429 at Slack's published rates.")] = False,
) -> None:
    """Run only the Slack that lives on this machine, to connect any Powertrip, or any Slack app, to."""
    import asyncio

    from powertrip.cli.demo.stage import run_sandbox
    from powertrip.cli.demo.workspace import local_slack
    from powertrip.log import configure_logging

    configure_logging("info", "human")
    asyncio.run(run_sandbox(local_slack(host, port, strict_rates=strict_rates), console))
