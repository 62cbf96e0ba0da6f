"""Fill templates in a sandbox, with no access to the program and limits on numbers and pages.

With `composer`, this is one of the two modules that import Jinja2. The time limit of a template is
set where pages are made, in `printing.process_pool`.
"""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Any, Final

import jinja2
from jinja2 import nodes
from jinja2.compiler import CodeGenerator
from jinja2.sandbox import ImmutableSandboxedEnvironment

from teachback.errors import Location, OutOfTime, Problem, TeachbackError, guess, nearest
from teachback.files.workspace import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

# In characters. The longest handout that a file may hold makes a page of 2 MB.
MAX_PAGE: Final = 10_000_000
# In bits: no page shows a longer number, and Python would go on calculating it.
MAX_NUMBER: Final = 10_000
# Exceptions of a template that Jinja2 does not expect.
_BROKEN: Final = (
    jinja2.TemplateError,
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    MemoryError,
)
# The names that templates may use, to suggest one for a misspelt one.
_NAMES: Final = (
    "edition",
    "words",
    "clinic",
    "code",
    "qr",
    "date",
    "counter",
    "picture",
    "dial",
    "say",
    "role",
    "medium",
    "large",
    "direction",
    "cards",
    "halves",
    "language_help",
)


class _UnknownName(jinja2.StrictUndefined):
    """An unknown name in a template. Its message has two lines: message and hint."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        owner, name = self._undefined_obj, self._undefined_name
        if self._undefined_hint or not isinstance(name, str):
            return super()._undefined_message
        if owner is jinja2.utils.missing:
            return f"the name '{name}' is not known\n{nearest(name, _NAMES)}"
        if owner is None:
            return (
                f"what comes before '.{name}' is empty here\n"
                "Ask first whether it is there: {% if ... %}."
            )
        known: Any = getattr(type(owner), "model_fields", None) or getattr(
            owner, "__dataclass_fields__", ()
        )
        return f"'{type(owner).__name__}' has no '{name}'\n{nearest(name, known)}"


class _Plain(CodeGenerator):
    """A code generator that evaluates nothing while it compiles, when an error has no line yet."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Any, finalize: Any) -> str:  # noqa: ANN401 -- Jinja2's own
        if not isinstance(node, nodes.TemplateData):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class _Sandbox(ImmutableSandboxedEnvironment):
    """An environment that refuses calculations whose result no page could show."""

    code_generator_class = _Plain
    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 -- any values of a template
        times, repeated = (left, right) if isinstance(left, int) else (right, left)
        if operator == "*" and isinstance(times, int) and hasattr(repeated, "__len__"):
            if times * len(repeated) > MAX_PAGE:
                raise ValueError(f"'{str(repeated)[:20]}' times {times} is longer than any page")
        elif isinstance(left, int) and isinstance(right, int):
            bits = (
                left.bit_length() * right
                if operator == "**"
                else left.bit_length() + right.bit_length()
            )
            if abs(left) > 1 and bits > MAX_NUMBER:
                message = (
                    "this number is larger than any page can show: "
                    f"{str(left)[:20]} {operator} {str(right)[:20]}"
                )
                raise ValueError(message)
        return super().call_binop(context, operator, left, right)


class _PageSizeError(ValueError):
    """A page that is larger than allowed, with the file and line of the template that ran."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(
            f"the page grows beyond {MAX_PAGE // 1_000_000} MB here\nTake the sum or the loop "
            "out that makes it grow."
        )
        self.name, self.line = name, line


def open_sandbox(folders: Iterable[Path]) -> jinja2.Environment:
    """Return the Jinja2 environment: sandboxed, escaping everything, strict about names."""
    return _Sandbox(
        loader=jinja2.FileSystemLoader(list(folders), encoding="utf-8-sig"),
        autoescape=True,
        undefined=_UnknownName,
        trim_blocks=True,
        lstrip_blocks=True,
        optimized=False,
    )


def filled(
    environment: jinja2.Environment,
    template: str,
    names: Mapping[str, object],
    files: Mapping[str, Path],
    most: Callable[[], int],
) -> str:
    """Fill a template. `most` returns how many characters the page may have by now.

    `files` are those of the workspace, by name. Raises TeachbackError with file and line of a
    template that cannot be filled, and OutOfTime when that took too long.
    """
    try:
        return "".join(_pieces(environment, template, names, most))
    except OutOfTime as error:
        raise OutOfTime(_template_problem(error, template, environment, files)) from None
    except (TeachbackError, *_BROKEN) as error:
        raise TeachbackError(_template_problem(error, template, environment, files)) from None


def _pieces(
    environment: jinja2.Environment,
    template: str,
    names: Mapping[str, object],
    most: Callable[[], int],
) -> Iterator[str]:
    pieces: Any = environment.get_template(template).generate(names)
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_PAGE and length > most():
            raise _PageSizeError(*_running_line(pieces))
        yield piece


def _running_line(pieces: Any) -> tuple[str, int]:  # noqa: ANN401 -- a generator of Jinja2
    """Return file and line of the template that yielded last: of nested ones, the innermost."""
    place = ("", 0)
    while pieces is not None and pieces.gi_frame is not None:
        frame = pieces.gi_frame
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            place = (template.filename, template.get_corresponding_lineno(frame.f_lineno))
        # An included template is iterated piece by piece.
        pieces = (
            pieces.gi_yieldfrom if pieces.gi_yieldfrom is not None else frame.f_locals.get("gen")
        )
    return place


def _template_problem(
    error: Exception, template: str, environment: jinja2.Environment, files: Mapping[str, Path]
) -> Problem:
    """Return a problem at the template's file and line, from the traceback or the error."""
    name = f"templates/{template}"
    line = 0
    if isinstance(error, jinja2.TemplateSyntaxError):
        name, line = f"templates/{error.name or template}", error.lineno
    else:
        names_by_path = {
            str(path): known for known, path in files.items() if known.startswith("templates/")
        }
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename in names_by_path:
                name, line = names_by_path[frame.filename], frame.lineno or 0
        if isinstance(error, _PageSizeError):
            name, line = names_by_path.get(error.name, name), error.line
    path = files.get(name)
    place = Location(shown(path) if path else name, line, 1 if line else 0)
    if isinstance(error, TeachbackError):
        return error.problems[0]._replace(location=place)
    if isinstance(error, jinja2.TemplateNotFound):
        hint = "Check the name in the template that includes it."
        return Problem(f"there is no template '{error.name}'", hint, place)
    if isinstance(error, RecursionError):
        hint = "Take the include of itself out."
        return Problem("this template includes itself without end", hint, place)
    if isinstance(error, MemoryError):
        hint = "Take the sum or the loop out that makes it."
        return Problem("this template makes a text that fills the memory", hint, place)
    message, _, hint = str(error).rstrip(".").partition("\n")
    missing = re.match(r"No (filter|test) named '(\w+)'", message)
    if missing:
        names: Iterable[str] = environment.filters if missing[1] == "filter" else environment.tests
        message = f"there is no {missing[1]} '{missing[2]}'"
        return Problem(message, guess(missing[2], names) or "Take it out.", place)
    if isinstance(error, jinja2.TemplateSyntaxError):
        hint = "Each {{ needs its }}, and each {% if %} or {% for %} its end."
        return Problem(f"this is not a template: {message}", hint, place)
    return Problem(
        f"the template cannot be filled: {message}",
        hint or "Look at the built-in template of the same name.",
        place,
    )
