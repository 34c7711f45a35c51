"""What sections of the settings are made of, wherever they stand."""

from pydantic import BaseModel, ConfigDict


class ConflictError(ValueError):
    """Settings that are right one by one, but not together; `names` are those to blame."""

    def __init__(self, message: str, *names: str) -> None:
        super().__init__(message)
        self.names = names


class Group(BaseModel):
    """A section of the settings; the first line of its docstring is its title."""

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=True)
