"""What the bot itself says, in other languages than English: gettext catalogues, a file a language."""
