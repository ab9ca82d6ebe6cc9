# SPDX-License-Identifier: GPL-2.0-only
"""C and C++ as a compiler sees them: what a result is about does not change with a comment."""

import re

# a comment, or what only looks as if it began one: a text, a character
COMMENT = re.compile(rb"""//[^\n]*|/\*.*?\*/|("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.S)


def without_comments(data):
    """Bytes of a source, with a space for each comment."""
    return COMMENT.sub(lambda match: match[1] or b" ", data)
