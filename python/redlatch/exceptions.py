"""Exceptions under redis-py's name for the module: its own, and redlatch's."""

import redis.exceptions
from redis.exceptions import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]

from . import errors
from .errors import *  # noqa: F403

__all__: list[str] = []
__all__ += errors.__all__
__all__ += [
    name
    for name, made in vars(redis.exceptions).items()
    if isinstance(made, type) and issubclass(made, Exception)
]
