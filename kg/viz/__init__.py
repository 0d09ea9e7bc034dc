"""The page: `make_view` chooses what a graph shows, `write_html` makes one self-contained file of it."""
