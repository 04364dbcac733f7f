"""Language codes as the configuration writes them."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator


@cache
def known_language(code: str) -> bool:
    """Whether Babel knows the language of a BCP 47 code."""
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _checked(code: str) -> str:
    if not known_language(code):
        raise ValueError(f"no language {code!r}; use a code such as en, ja, ru or uk")
    return code


Language = Annotated[str, AfterValidator(_checked)]
"""BCP 47, of a language that Babel knows."""
