"""The one error a user of `./dev` is meant to see."""


class SetupError(Exception):
    """Something is missing or refused; the message says what, and what to do.

    The command line prints the message alone, without a traceback. An optional
    `detail` (the end of a program's output, say) is printed below it.
    """

    def __init__(self, message, detail=""):
        super().__init__(message)
        self.message = message
        self.detail = detail.strip()
