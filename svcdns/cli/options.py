"""Settings as flags: each option is made from the field of the same name, its help included.

    @with_settings(Source, Answers)
    def services(settings: Settings, namespace: ...) -> int: ...

becomes a Typer command with the flags of these groups, `--config`, and its own parameters.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from svcdns.config import explain, loader, values
from svcdns.config.fields import Shape
from svcdns.config.group import Group
from svcdns.config.loader import Loaded
from svcdns.config.settings import Settings


def namespace_name(text: str) -> str:
    """The callback of an option that takes a namespace, or nothing."""
    try:
        return values.label(text) if text else text
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Namespace = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="Namespace. Default: default.",
        show_default=False,
        callback=namespace_name,
    ),
]
"""Of commands that show what one namespace has."""

_ARGUMENTS = "arguments"
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def with_settings(
    *groups: type[Group], only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Give a command the flags of these groups; it is called with the loaded Settings first.

    `only` limits them to some fields. `positional` names a list whose values may also stand without
    the flag, so that a shell's `*` works.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def run(loaded: Loaded, **given: Any) -> int:
            return command(loaded.settings, **given)

        return with_loaded(*groups, only=only, positional=positional)(run)

    return decorate


def with_loaded(
    *groups: type[Group], only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same for a command that is called with all that is known of the settings (`loader.read`)."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def run(flags: Mapping[str, Any], **given: Any) -> int:
            return command(loader.read(flags), **given)

        return with_flags(*groups, only=only, positional=positional)(run)

    return decorate


def with_flags(
    *groups: type[Group], only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The same for a command that is called with the flags that were given, for `loader.read`."""
    fields = dict(_fields(groups, only))

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        own = list(inspect.signature(command).parameters.values())[1:]

        @functools.wraps(command)
        def run(ctx: typer.Context, **given: Any) -> int:
            if ctx.invoked_subcommand:
                return 0
            given = _inherit(ctx, given)
            flags = {name: given.pop(name) for name in fields}
            if positional:
                flags[positional] = [*(flags[positional] or []), *(given.pop(_ARGUMENTS) or [])]
            flags = {name: value for name, value in flags.items() if _is_set(value)}
            return command(flags, **given)

        options = [_option(name, field, title) for name, (field, title) in fields.items()]
        if positional:
            options.append(_argument(fields[positional][0]))
        parameters = [_CONTEXT, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *options]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def _fields(
    groups: tuple[type[Group], ...], only: tuple[str, ...]
) -> Iterator[tuple[str, tuple[FieldInfo, str]]]:
    """Each field with the title of its group."""
    for group in groups:
        for name, field in group.model_fields.items():
            if not only or name in only:
                yield name, (field, (group.__doc__ or "").strip())
    yield "config", (Settings.model_fields["config"], "Options")


def _inherit(ctx: typer.Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is not given here may stand before the subcommand: `services -n bookshop describe web`."""
    before = ctx.parent.params if ctx.parent else {}
    return {name: value if _is_set(value) else before.get(name, value) for name, value in given.items()}


def _is_set(value: object) -> bool:
    """Nothing, an empty text or list is as if it were not given; a switch may be given as off."""
    return value is False or bool(value)


def _option(name: str, field: FieldInfo, title: str) -> inspect.Parameter:
    """The option takes text, so that each value is read in one place: by the Settings."""
    kind: Any = bool if field.annotation is bool else list[str] if _is_list(field) else str
    option = typer.Option(
        _declaration(name, kind),
        metavar=_metavar(field),
        help=_help(field, kind),
        show_default=False,
        rich_help_panel=title,
        autocompletion=lambda: list(explain.choices(field)),
    )
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _argument(field: FieldInfo) -> inspect.Parameter:
    argument = typer.Argument(metavar=_metavar(field), help=field.description, show_default=False)
    return inspect.Parameter(
        _ARGUMENTS,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, argument],
    )


def _is_list(field: FieldInfo) -> bool:
    return isinstance(field.default, tuple)


def _declaration(name: str, kind: Any) -> str:
    """A switch has an opposite, to win over the file: `--x/--no-x`, `--no-x/--x`."""
    flag = loader.flag_name(name)
    if kind is not bool:
        return flag
    return f"{flag}/--{flag.removeprefix('--no-')}" if name.startswith("no_") else f"{flag}/--no-{flag[2:]}"


def _metavar(field: FieldInfo) -> str | None:
    if shape := next((item for item in field.metadata if isinstance(item, Shape)), None):
        return shape.text
    if options := explain.choices(field):
        return "|".join(options)
    if field.annotation is int:
        return "{}-{}".format(*explain.bounds(field))
    return None


def _help(field: FieldInfo, kind: Any) -> str:
    text = " ".join((field.description or "").split())
    if kind == list[str]:
        text += " Again for more."
    default = field.default
    if kind is bool or default in (None, PydanticUndefined) or not (default and str(default)):
        return text
    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default
    return f"{text} Default: {shown}."
