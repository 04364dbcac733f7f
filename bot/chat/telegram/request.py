"""PTB's HTTP client for updates, forgiving of one that it cannot read."""

from __future__ import annotations

from typing import Any

import structlog
from telegram import Update
from telegram.request import HTTPXRequest

log = structlog.get_logger(__name__)


class ForgivingRequest(HTTPXRequest):
    """Makes an update that PTB has no words for an empty one.

    PTB reads all updates of an answer or none, and raises TypeError where a field is missing that it counts on (an older
    Bot API server). Such an update would come again for ever.
    """

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        answer: dict[str, Any] = HTTPXRequest.parse_json_payload(payload)
        updates = answer.get("result")
        if isinstance(updates, list):
            answer["result"] = [
                update if readable(update) else {"update_id": update["update_id"]} for update in updates
            ]
        return answer


def readable(update: object) -> bool:
    """Whether PTB can read this as an update; where it cannot, that is logged."""
    try:
        # PTB takes anything for an id.
        given: object = Update.de_json(update, None).update_id  # type: ignore[arg-type]  # whatever came
        problem = None if isinstance(given, int) else "no id"
    except Exception as error:  # noqa: BLE001 - PTB promises nothing here
        problem = type(error).__name__
    if problem is not None:
        log.warning("update_unreadable", error=problem)
    return problem is None
