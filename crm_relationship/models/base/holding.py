from contextlib import contextmanager


@contextmanager
def holding(variable, value):
    """Let a ``ContextVar`` have a value meanwhile.

    Not a context key of the environment: those can be set from outside by anybody.
    """
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
