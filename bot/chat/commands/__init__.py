"""One command layer for every platform: a line of text in, a document out."""

from bot.chat.commands.base import Command, Invocation, MaySteer, Services, Usage, anybody
from bot.chat.commands.dispatch import answer
from bot.chat.commands.table import COMMAND_NAMES, COMMANDS, commands_for

__all__ = [
    "COMMANDS",
    "COMMAND_NAMES",
    "Command",
    "Invocation",
    "MaySteer",
    "Services",
    "Usage",
    "answer",
    "anybody",
    "commands_for",
]
