"""The page: what is shown of a graph (view), where it stands (layout), and the HTML file that shows it (html)."""
