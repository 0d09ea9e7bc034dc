"""kg: news articles in, a graph of partnership relations out."""

__version__ = "0.1.0"
