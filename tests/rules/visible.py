"""What sshd does to text before it logs it: strnvis(3) with VIS_CSTYLE, VIS_NL, VIS_TAB and VIS_OCTAL."""

_C_STYLE = {10: "\\n", 13: "\\r", 8: "\\b", 7: "\\a", 11: "\\v", 9: "\\t", 12: "\\f"}


def vis(text: str) -> str:
    """The text as sshd writes it."""
    data = text.encode()
    return "".join(_one(byte, following) for byte, following in zip(data, data[1:] + b" ", strict=False))


def _one(byte: int, following: int) -> str:
    if byte == ord("\\"):
        return "\\\\"
    if byte in _C_STYLE:
        return _C_STYLE[byte]
    if byte == 0:
        return "\\000" if chr(following) in "01234567" else "\\0"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
