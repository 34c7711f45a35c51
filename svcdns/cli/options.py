"""Makes the flags of a command from settings: name, type and help of each come from its field.

    @with_settings(SOURCE, ANSWERS)
    def services(settings: Settings, namespace: ...) -> int: ...

becomes a Typer command with the flags of these sections, `--config`, and its own parameters.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NamedTuple

import typer
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from svcdns import value_types
from svcdns.config import error_messages, loader
from svcdns.config.loader import LoadedSettings
from svcdns.config.setting_parts import Section, Setting
from svcdns.config.settings import FILE, Settings


def check_namespace(text: str) -> str:
    """The callback of an option that takes a namespace or nothing."""
    try:
        return value_types.parse_label(text) if text else text
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


NamespaceOption = Annotated[
    str,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NAME",
        help="Namespace. Default: that of the kubeconfig's context, else default.",
        show_default=False,
        callback=check_namespace,
    ),
]
"""The option of commands that show one namespace."""

_ARGUMENTS = "arguments"
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def with_settings(
    *sections: Section, only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., int]], Callable[..., object]]:
    """Give a command the flags of these sections; it is called with the loaded Settings first.

    `only` limits them to some fields. `positional` names a list whose values may also stand without
    the flag, so that a shell's `*` works.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., object]:
        @functools.wraps(command)
        def run(loaded: LoadedSettings, **arguments: Any) -> int:
            return command(loaded.settings, **arguments)

        return with_loaded(*sections, only=only, positional=positional)(run)

    return decorate


def with_loaded(
    *sections: Section, only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., int]], Callable[..., object]]:
    """Like `with_settings`, but the command gets the LoadedSettings, which know each origin."""

    def decorate(command: Callable[..., int]) -> Callable[..., object]:
        @functools.wraps(command)
        def run(flags: Mapping[str, Any], **arguments: Any) -> int:
            return command(loader.load_with_origins(flags), **arguments)

        return with_flags(*sections, only=only, positional=positional)(run)

    return decorate


def with_flags(
    *sections: Section, only: tuple[str, ...] = (), positional: str = ""
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Like `with_settings`, but the command gets the flags that were given, and loads them itself."""
    fields = {field.setting.key: field for field in _fields(sections, only)}

    def decorate(command: Callable[..., object]) -> Callable[..., object]:
        own = list(inspect.signature(command).parameters.values())[1:]

        @functools.wraps(command)
        def run(ctx: typer.Context, **arguments: Any) -> object:
            # The subcommand is called next, and inherits these options.
            if ctx.invoked_subcommand:
                return 0

            arguments = _inherit(ctx, arguments)
            flags = {name: arguments.pop(name) for name in fields}
            if positional:
                flags[positional] = [*(flags[positional] or []), *(arguments.pop(_ARGUMENTS) or [])]

            flags = {name: value for name, value in flags.items() if _is_set(value)}

            return command(flags, **arguments)

        options = [_option(field) for field in fields.values()]
        if positional:
            options.append(_argument(fields[positional]))

        parameters = [_CONTEXT, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *options]
        # Typer reads both, to know the options.
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}

        return run

    return decorate


class _SettingField(NamedTuple):
    """A setting, and the title of its section."""

    setting: Setting
    title: str
    """The heading in the help."""

    @property
    def info(self) -> FieldInfo:
        """The field of pydantic, with type, bounds and default."""
        return Settings.model_fields[self.setting.key]


def _fields(sections: tuple[Section, ...], only: tuple[str, ...]) -> Iterator[_SettingField]:
    for section in sections:
        for setting in section.settings:
            if not only or setting.key in only:
                yield _SettingField(setting, section.title)

    yield from (_SettingField(setting, FILE.title) for setting in FILE.settings)


def _inherit(ctx: typer.Context, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Add options that stand before the subcommand, as in `services -n bookshop describe web`."""
    before = ctx.parent.params if ctx.parent else {}
    return {name: value if _is_set(value) else before.get(name, value) for name, value in arguments.items()}


def _is_set(value: object) -> bool:
    """Whether an option was given. Empty texts and lists count as not given; a switch may be given as off."""
    return value is False or bool(value)


def _option(field: _SettingField) -> inspect.Parameter:
    """The option of a setting. It takes text, so that Settings alone reads values."""
    info = field.info
    kind: Any = bool if info.annotation is bool else list[str] if _is_list(info) else str
    option = typer.Option(
        _declaration(field.setting.key, kind),
        metavar=_metavar(field),
        help=_help(field, kind),
        show_default=False,
        rich_help_panel=field.title,
        autocompletion=lambda: list(error_messages.choices(info)),
    )

    return inspect.Parameter(
        field.setting.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _argument(field: _SettingField) -> inspect.Parameter:
    argument = typer.Argument(metavar=_metavar(field), help=field.setting.help, show_default=False)
    return inspect.Parameter(
        _ARGUMENTS,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, argument],
    )


def _is_list(field: FieldInfo) -> bool:
    return isinstance(field.default, tuple)


def _declaration(name: str, kind: Any) -> str:
    """The flag. A switch also has its opposite, to overrule the file: `--x/--no-x` or `--no-x/--x`."""
    flag = loader.flag_name(name)
    if kind is not bool:
        return flag
    return f"{flag}/--{flag.removeprefix('--no-')}" if name.startswith("no_") else f"{flag}/--no-{flag[2:]}"


def _metavar(setting_field: _SettingField) -> str | None:
    field = setting_field.info
    if setting_field.setting.shape:
        return setting_field.setting.shape
    if options := error_messages.choices(field):
        return "|".join(options)
    if field.annotation is int:
        return "{}-{}".format(*error_messages.bounds(field))

    return None


def _help(field: _SettingField, kind: Any) -> str:
    text = " ".join(field.setting.help.split())
    if kind == list[str]:
        text += " Repeatable."

    default = field.info.default
    if kind is bool or default in (None, PydanticUndefined) or not (default and str(default)):
        return text

    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default

    return f"{text} Default: {shown}."
