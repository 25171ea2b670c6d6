"""Block Kit's interactive elements, composition objects and rich text, with Slack's published limits."""

from slack_emulator.rules import (
    Problems,
    Rule,
    anything,
    boolean,
    by_type,
    complain,
    integer,
    list_of,
    matching,
    one_of,
    shaped,
    string,
    text_object,
)

IDENTIFIER = string(255, shortest=1)
URL = matching(r"(?s)[A-Za-z][A-Za-z0-9+.-]*:.{1,2990}", "a valid URL of at most 3000 characters")
HTTP_URL = matching(r"https?://\S{1,2990}", "a valid http(s) URL")
PLAIN_75 = text_object(75, "plain_text")

CONFIRM = shaped(
    "title text confirm deny",
    title=text_object(100, "plain_text"),
    text=text_object(300),
    confirm=text_object(30, "plain_text"),
    deny=text_object(30, "plain_text"),
    style=one_of("primary", "danger"),
)
OPTION = shaped(
    "text value", text=text_object(75), value=string(150, shortest=1), description=text_object(75), url=URL
)
OPTION_GROUP = shaped("label options", label=PLAIN_75, options=list_of(OPTION, 100, least=1))
SLACK_FILE = shaped("", id=string(255), url=string(3000))
PLACEHOLDER = text_object(150, "plain_text")

BUTTON = shaped(
    "text",
    text=PLAIN_75,
    action_id=IDENTIFIER,
    url=URL,
    value=string(2000),
    style=one_of("primary", "danger"),
    confirm=CONFIRM,
    accessibility_label=string(75),
)
OVERFLOW = shaped("options", action_id=IDENTIFIER, options=list_of(OPTION, 5, least=1), confirm=CONFIRM)
STATIC_SELECT = shaped(
    "",
    action_id=IDENTIFIER,
    placeholder=PLACEHOLDER,
    options=list_of(OPTION, 100, least=1),
    option_groups=list_of(OPTION_GROUP, 100, least=1),
    initial_option=OPTION,
    confirm=CONFIRM,
    focus_on_load=boolean,
)
USERS_SELECT = shaped(
    "",
    action_id=IDENTIFIER,
    placeholder=PLACEHOLDER,
    initial_user=string(255),
    confirm=CONFIRM,
    focus_on_load=boolean,
)
CHOICES = shaped(
    "options",
    action_id=IDENTIFIER,
    options=list_of(OPTION, 10, least=1),
    initial_option=OPTION,
    initial_options=list_of(OPTION, 10, least=1),
    confirm=CONFIRM,
    focus_on_load=boolean,
)
PLAIN_TEXT_INPUT = shaped(
    "",
    action_id=IDENTIFIER,
    placeholder=PLACEHOLDER,
    initial_value=string(3000),
    multiline=boolean,
    min_length=integer,
    max_length=integer,
    dispatch_action_config=anything,
    focus_on_load=boolean,
)
_IMAGE_FIELDS = shaped("alt_text", image_url=HTTP_URL, alt_text=string(2000), slack_file=SLACK_FILE)


def image_element(where: str, value: object, problems: Problems) -> None:
    """An image element: exactly one of `image_url` and `slack_file`."""
    _IMAGE_FIELDS(where, value, problems)
    if isinstance(value, dict) and ("image_url" in value) == ("slack_file" in value):
        complain(problems, where, "must provide one of: image_url, slack_file")


INTERACTIVE: dict[str, Rule] = {
    "button": BUTTON,
    "overflow": OVERFLOW,
    "static_select": STATIC_SELECT,
    "users_select": USERS_SELECT,
    "checkboxes": CHOICES,
    "radio_buttons": CHOICES,
}
ACTION_ELEMENT = by_type(INTERACTIVE)
ACCESSORY = by_type(INTERACTIVE | {"image": image_element})
INPUT_ELEMENT = by_type(
    {
        "plain_text_input": PLAIN_TEXT_INPUT,
        "static_select": STATIC_SELECT,
        "users_select": USERS_SELECT,
        "checkboxes": CHOICES,
        "radio_buttons": CHOICES,
    }
)

_STYLE = shaped(
    "",
    bold=boolean,
    italic=boolean,
    strike=boolean,
    code=boolean,
    underline=boolean,
    highlight=boolean,
    client_highlight=boolean,
    unlink=boolean,
)
RICH_PIECE = by_type(
    {
        "text": shaped("text", text=string(40_000, shortest=1), style=_STYLE),
        "link": shaped("url", url=URL, text=string(40_000), style=_STYLE, unsafe=boolean),
        "emoji": shaped("name", name=string(255, shortest=1), unicode=string(255), style=_STYLE),
        "user": shaped("user_id", user_id=IDENTIFIER, style=_STYLE),
        "usergroup": shaped("usergroup_id", usergroup_id=IDENTIFIER, style=_STYLE),
        "channel": shaped("channel_id", channel_id=IDENTIFIER, style=_STYLE),
        "broadcast": shaped("range", range=one_of("here", "channel", "everyone"), style=_STYLE),
        "date": shaped(
            "timestamp format",
            timestamp=integer,
            format=string(255, shortest=1),
            url=URL,
            fallback=string(3000),
            style=_STYLE,
        ),
        "color": shaped("value", value=matching(r"#[0-9A-Fa-f]{6}", "a hex colour"), style=_STYLE),
    }
)
_PIECES = list_of(RICH_PIECE, 10_000)
RICH_SECTION = shaped("elements", elements=_PIECES)
RICH_ELEMENT = by_type(
    {
        "rich_text_section": RICH_SECTION,
        "rich_text_preformatted": shaped("elements", elements=_PIECES, border=integer, language=string(255)),
        "rich_text_quote": shaped("elements", elements=_PIECES, border=integer),
        "rich_text_list": shaped(
            "elements style",
            elements=list_of(by_type({"rich_text_section": RICH_SECTION}), 10_000),
            style=one_of("bullet", "ordered"),
            indent=integer,
            offset=integer,
            border=integer,
        ),
    }
)
