"""The bounds that make evaluation total: no text can take long, or much memory."""

__all__ = [
    "MAX_DEPTH",
    "MAX_EXPRESSIONS",
    "MAX_INTEGER",
    "MAX_JSON",
    "MAX_LIST",
    "MAX_NESTING",
    "MAX_NODES",
    "MAX_STRING",
    "MAX_TEXT",
    "MAX_TOKENS",
]

#: Characters of one expression.
MAX_TEXT = 8 * 1024
#: Tokens of one expression, looked at before Jinja's recursive parser sees them.
MAX_TOKENS = 2_000
#: How deep brackets, and the syntax tree, may go.
MAX_DEPTH = 40
#: Nodes of one syntax tree.
MAX_NODES = 500
#: How deep ``<+ … >`` may stand in ``<+ … >`` (Harness: 15 levels).
MAX_NESTING = 15
#: Expressions in one text.
MAX_EXPRESSIONS = 500
#: Characters of a text that goes in or comes out.
MAX_STRING = 2**20
#: Characters of a text that is read as JSON (Harness: 256 KB for an evaluated value).
MAX_JSON = 256 * 1024
#: Items of a list that is made, and of any value as a whole that comes out.
MAX_LIST = 10_000
#: Integers have 64 bits, as Java's ``long`` has.
MAX_INTEGER = 2**63 - 1
