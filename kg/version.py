"""The version, in one place: of the package, of `kg --version`, and part of what makes an article count as extracted."""

__version__ = "0.1.0"
