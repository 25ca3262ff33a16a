"""Examples for the page that shows every part of the skin. Invented data."""


def style_context() -> dict[str, object]:
    """Context of `style.html`."""
    return {}
