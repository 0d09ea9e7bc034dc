"""kg: news articles in, a graph of partnership relations out."""
