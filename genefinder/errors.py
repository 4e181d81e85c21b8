"""The errors that a user can cause and repair; each message says where and what to do."""


class GenefinderError(Exception):
    """Base of all errors that end a command with a message instead of a traceback."""


class InputError(GenefinderError):
    """A file, record or value given by the user cannot be used.

    The message names the file, the line, contig or record, and what to do about it.
    """


class ModelError(GenefinderError):
    """A model directory is missing, incomplete or written by an incompatible version."""


class DeviceError(GenefinderError):
    """The requested compute device is not available."""
