"""Sokuho watches news feeds and pushes one short bulletin per event to the chats that follow the topic."""

__version__ = "0.1.0"
