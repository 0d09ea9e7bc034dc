"""A tokenizer of a few pieces: single characters, and some words that are one piece."""

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>")


def make_tokenizer(text: str, words: Iterable[str] = ()) -> Tokenizer:
    """Knows the characters of `text`, and each of the `words` as one piece."""
    characters = dict.fromkeys(text.replace(" ", "▁"))
    vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, *characters])}
    merges = []
    for word in words:
        for end in range(2, len(word) + 1):
            vocabulary.setdefault(word[:end], len(vocabulary))
            merges.append((word[: end - 1], word[end - 1]))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=list(dict.fromkeys(merges)), unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    return tokenizer
