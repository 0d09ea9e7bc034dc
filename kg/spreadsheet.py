"""What a spreadsheet would run rather than show, made harmless."""

# Names come from the web, and a spreadsheet runs a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def disarm(cell: object) -> object:
    """The cell with an apostrophe before text that begins as a formula does, so that a spreadsheet shows it as it stands."""
    return "'" + cell if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
