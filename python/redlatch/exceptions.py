"""Exceptions under redis-py's name for the module: its own, and redlatch's."""

import redis.exceptions

from . import errors
from .errors import *  # noqa: F403

_OF_REDIS_PY = {
    name: made
    for name, made in vars(redis.exceptions).items()
    if isinstance(made, type) and issubclass(made, Exception)
}
globals().update(_OF_REDIS_PY)

__all__ = [*errors.__all__, *_OF_REDIS_PY]
