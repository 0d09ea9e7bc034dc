"""The errors of this package, one tree under KGError.

    KGError
    ├── UsageError            the caller asked for something that cannot be: exit status 2
    ├── InputError            one input cannot be read; `source` names it
    │   └── TriplesError      a line of a statements file is not one
    ├── ConfigError           a user's TOML file is wrong; message names file and line
    │   └── OntologyError     a type or relation that the ontology does not have
    ├── ExtractionError       an article could not be extracted
    ├── StoreError            a store could not be opened, read or written
    │   ├── StoreLocked       another process holds it; the message says which
    │   ├── StoreFormatError  the file is not a store of ours, or is damaged
    │   └── QueryError        the store refused a query
    └── OutputError           a result could not be written (permission, disk full)

Every message says what went wrong, where, what was expected and how to mend it, in one sentence that a reader of
the terminal understands without a traceback.
"""


class KGError(Exception):
    """Root of all errors that this package raises on purpose."""


class UsageError(KGError):
    """The call or command line cannot be carried out as given."""


class InputError(KGError):
    """One input could not be read.

    `source` is the file (and line, where it has lines) as shown to the user; `reason` says why, without the source. Both quote
    what strangers wrote: what cannot be shown, or would steer a terminal, is U+FFFD in them.
    """

    def __init__(self, source: str, reason: str) -> None:
        source, reason = _make_printable(source), _make_printable(reason)
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str]]:
        return type(self), (self.source, self.reason)


def _make_printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


class TriplesError(InputError):
    """A line of a statements file does not have the form that `kg extract` writes."""


class ConfigError(KGError):
    """A configuration file of the user's (gazetteer, patterns, ontology) is wrong."""


class OntologyError(ConfigError):
    """A type, relation or status is not in the ontology."""


class ExtractionError(KGError):
    """An article could not be extracted."""


class StoreError(KGError):
    """A store could not be opened, read or written."""


class StoreLocked(StoreError):
    """Another process holds the store for writing."""


class StoreFormatError(StoreError):
    """The file is not a store that this version reads, or it is damaged."""


class QueryError(StoreError):
    """The store refused a query."""


class OutputError(KGError):
    """A result could not be written where the user wants it."""
