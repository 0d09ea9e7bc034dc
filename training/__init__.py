"""How the extractor’s model is made: data, encoder, heads, training, export. Needs PyTorch; the package `kg` does not."""
