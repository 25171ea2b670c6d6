"""What starts what: `app` makes a process, `worker` the half that talks to Slack, `loops` its work."""
