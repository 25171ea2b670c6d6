"""What the Slack app must be allowed to do, and what each permission is for."""

REASONS = {
    "chat:write": "to post cards and reminders, and to change them once somebody has decided",
    "commands": "to answer /powertrip",
    "im:write": "to open the direct messages in which people are asked",
    "users:read": "to tell members from guests, bots, deactivated accounts and other organisations",
    "users:read.email": "to find people whom the configuration names by e-mail address",
    "usergroups:read": "to know who is in the reviewers' group",
    "files:write": "to post the chart of /powertrip stats",
    "channels:read": "to find the security channel by name, and to see that no other organisation shares it",
    "groups:read": "for the same with a private security channel",
    "channels:history": "to find a message whose confirmation was lost, so that it is not posted twice",
    "groups:history": "for the same in a private security channel",
    "im:history": "for the same in direct messages",
}
"""Each scope of the bot token with the end of the sentence "needed …"."""

REQUIRED_SCOPES = frozenset(REASONS)
