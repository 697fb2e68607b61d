"""Where secrets come from: the environment, a file that only its owner reads, or a directory."""

import re
import shlex
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from penstock.connectors.scope import Home, Reference, Scope, secret_variable
from penstock.errors import ConnectorError, Fault, Refused
from penstock.nearest import nearest
from penstock.secret import SHORTEST_MASKED, Masker, Secret
from penstock.source import read
from penstock.source.text_file import read_regular, reason_of

__all__ = ["SECRETS_VARIABLE", "SecretStore", "secret_variable"]

#: The environment variable that names the file or the directory of secrets.
SECRETS_VARIABLE = "PENSTOCK_SECRETS"

_LARGEST = 64 * 1024
#: What cannot stand in an HTTP header.
_UNSENDABLE = re.compile("[^\x20-\x7e\xa0-\xff]")


class SecretStore:
    """Looks secrets up at the moment of use, each time, and tells the masker what it found."""

    def __init__(
        self,
        environ: Mapping[str, str],
        file: Path | None,
        directory: Path | None,
        masker: Masker,
    ) -> None:
        """Take the environment, the YAML file and the directory to look in, in this order."""
        self._environ = environ
        self._file = file
        self._directory = directory
        self._masker = masker
        #: What a person should know, such as that a secret is too short to be masked.
        self.warnings: list[str] = []

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], masker: Masker) -> Self:
        """Return the store that *environ* describes: ``PENSTOCK_SECRETS`` names file or directory.

        Raise ``Refused`` where it names nothing, or a file that others may read.
        """
        named = environ.get(SECRETS_VARIABLE)
        if not named:
            return cls(environ, None, None, masker)
        path = Path(named).expanduser()
        if path.is_dir():
            return cls(environ, None, path, masker)
        _must_be_private(path)
        return cls(environ, path, None, masker)

    def get(self, reference: str, *, scope: Scope, org: str | None, project: str | None) -> Secret:
        """Return the secret *reference* for a connector of *scope*, *org* and *project*.

        Raise ``ConnectorError`` where a connector of that scope may not use it, where it is not
        set (saying what to set), where its value is empty or cannot be sent, and where the file
        of secrets is not usable. No message shows a value.
        """
        wanted = Reference.parse(reference)
        wanted.require_reach(scope)
        try:
            found = self._looked_up(wanted)
        except Refused as refused:
            raise ConnectorError(*refused.faults) from refused
        if found is None:
            raise self._missing(wanted, Home(org, project))
        value = _usable(found[0].rstrip(" \t\r\n"), wanted, where=found[1])
        if not self._masker.add(value):
            short = f"is shorter than {SHORTEST_MASKED} characters"
            self._warn(f"the secret '{wanted}' {short}: it is not masked in what is shown")
        return Secret(value, str(wanted))

    def _looked_up(self, wanted: Reference) -> tuple[str, str] | None:
        """Return the value as it stands, and where it stands."""
        variable = secret_variable(str(wanted))
        if variable in self._environ:
            return self._environ[variable], f"the environment variable {variable}"
        if self._file is not None:
            entries = _entries(self._file)
            if str(wanted) in entries:
                return entries[str(wanted)], str(self._file)
        if self._directory is not None and str(wanted) in _names(self._directory):
            path = self._directory / str(wanted)
            return _text(path), str(path)
        return None

    def _missing(self, wanted: Reference, asking: Home) -> ConnectorError:
        advice = [f"set {secret_variable(str(wanted))}"]
        if self._file is not None:
            advice.append(f"or write '{wanted}: ...' into {self._file}")
        if self._directory is not None:
            advice.append(f"or put it into the file {self._directory / str(wanted)}")
        near = nearest(str(wanted), self._known(wanted.scope))
        if near:
            advice.append(f"or did you mean '{near}'?")
        home = asking.up_to(wanted.scope)
        message = f"the secret '{wanted}'{f' of {home}' if home else ''} is not set"
        return ConnectorError(Fault(message, ", ".join(advice)))

    def _known(self, scope: Scope) -> list[str]:
        """Return the references of *scope* in file and directory."""
        names: list[str] = []
        if self._file is not None:
            names += _entries(self._file)
        if self._directory is not None:
            names += _names(self._directory)
        prefix = "" if scope is Scope.PROJECT else scope
        return [name for name in names if name.rpartition(".")[0] == prefix]

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _usable(value: str, wanted: Reference, *, where: str) -> str:
    if not value:
        raise ConnectorError(Fault(f"the secret '{wanted}' is empty", f"fill in {where}"))
    unsendable = _UNSENDABLE.search(value)
    if unsendable:
        message = (
            f"the secret '{wanted}' holds a character that cannot be sent in a header,"
            f" the one in place {unsendable.start() + 1}"
        )
        raise ConnectorError(Fault(message, f"write {where} again, on one line"))
    return value


def _must_be_private(path: Path) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        message = f"the file of secrets cannot be read: {reason_of(error)}"
        raise Refused(Fault(message, f"check {SECRETS_VARIABLE}", str(path))) from error
    if mode & 0o077:
        message = f"others may read this file of secrets (mode {mode:04o})"
        raise Refused(Fault(message, f"run: chmod 600 {shlex.quote(str(path))}", str(path)))


def _entries(path: Path) -> Mapping[str, str]:
    """Return the secrets of a YAML file, a mapping of reference to text."""
    _must_be_private(path)
    source = read(path)
    entries = source.value
    if not isinstance(entries, dict):
        fault = source.fault((), "a file of secrets is a mapping", "write 'account.x: value'")
        raise Refused(fault)
    faults = []
    for name, value in entries.items():
        if not _is_reference(name):  # and not shown: it may be a value in the wrong place
            what = "this key is no reference to a secret", "write 'account.x', 'org.x' or 'x'"
            faults.append(source.fault((name,), *what, key=True))
        if isinstance(value, dict | list):
            what = "a secret is one text", "put it in quotes, on one line"
            faults.append(source.fault((name,), *what, key=True))
    Refused.unless_empty(faults)
    return {name: value if isinstance(value, str) else "" for name, value in entries.items()}


def _is_reference(name: str) -> bool:
    try:
        Reference.parse(name)
    except ConnectorError:
        return False
    return True


def _names(directory: Path) -> Iterable[str]:
    try:
        return [path.name for path in directory.iterdir()]
    except OSError as error:
        message = f"the directory of secrets cannot be read: {reason_of(error)}"
        raise Refused(Fault(message, f"check {SECRETS_VARIABLE}", str(directory))) from error


def _text(path: Path) -> str:
    try:
        return read_regular(path, _LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        # Without the cause: it holds the value.
        raise ConnectorError(Fault("is not UTF-8", "write the secret again", str(path))) from None
