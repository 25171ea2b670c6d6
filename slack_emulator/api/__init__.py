"""The Web API methods by name; each module is a family of them."""

from slack_emulator.api import apps, blocks, chat, conversations, files, users, views

METHODS = (
    apps.METHODS
    | blocks.METHODS
    | chat.METHODS
    | conversations.METHODS
    | files.METHODS
    | users.METHODS
    | views.METHODS
)
