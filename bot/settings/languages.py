"""Language codes as the configuration writes them."""

from __future__ import annotations

from typing import Annotated

from babel import Locale, UnknownLocaleError
from pydantic import AfterValidator


def _known_language(code: str) -> str:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        raise ValueError(f"no language {code!r}; use a code such as en, ja, ru or uk") from None
    return code


Language = Annotated[str, AfterValidator(_known_language)]
"""BCP 47, of a language that Babel knows."""
