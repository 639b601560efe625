"""Which interaction a message carries out that somebody is just sending."""

from contextvars import ContextVar

# Not a context key of the environment: anybody can set those from outside.
CARRIED_OUT = ContextVar("crm_relationship.carried_out", default=None)
