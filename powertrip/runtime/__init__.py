"""What starts what: `app` puts a process together, `worker` the half that talks to Slack, `loops` its work."""
