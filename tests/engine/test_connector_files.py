from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from penstock.connector import Connector, SecretReference
from penstock.connectors.files import ConnectorDirectory, ConnectorFile
from penstock.connectors.scope import Home, Scope
from penstock.connectors.secrets import SecretStore
from penstock.errors import ConnectorError, Refused
from penstock.secret import Masker
from penstock.testing import FakeClock


class Inner(BaseModel):
    """A level below the spec of a connector."""

    key_ref: SecretReference | None = None


class Tracker(Connector):
    type: ClassVar[str] = "Jira"

    jira_url: str
    password_ref: SecretReference = "token"
    retries: int = 0
    rows: tuple[Inner, ...] = ()


TYPES: dict[str, type[Connector]] = {"Jira": Tracker}
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a connector file: a name, then the lines under ``connector:``."""

    def write(name: str, *lines: str, spec: str = "{jiraUrl: http://x}") -> Path:
        text = "".join(f"  {line}\n" for line in lines)
        if not any(line.startswith("type:") for line in lines):
            text += "  type: Jira\n"
        path = tmp_path / name
        path.write_text(f"connector:\n{text}  spec: {spec}\n")
        return path

    return write


@pytest.fixture
def directory(tmp_path: Path) -> ConnectorDirectory:
    return ConnectorDirectory(tmp_path, TYPES)


def find(directory: ConnectorDirectory, reference: str) -> ConnectorFile:
    return directory.find(reference, org="default", project="payments")


def miss(directory: ConnectorDirectory, reference: str) -> str:
    with pytest.raises(ConnectorError) as caught:
        find(directory, reference)
    return str(caught.value)


PROJECT = ("orgIdentifier: default", "projectIdentifier: payments")
ORG = PROJECT[:1]


# What a file says


def test_a_file_is_one_connector_with_all_that_harness_writes(
    write: Write, directory: ConnectorDirectory
) -> None:
    path = write(
        "jira.yaml",
        "name: Jira Cloud",
        "identifier: jira_cloud",
        "description: the one",
        "accountIdentifier: abc",
        *PROJECT,
        "tags: {team: core, empty: ''}",
        spec="{jiraUrl: http://x, retries: 3}",
    )
    [file] = directory.all()
    assert (file.identifier, file.name, file.type) == ("jira_cloud", "Jira Cloud", "Jira")
    assert (file.org, file.project, file.description) == ("default", "payments", "the one")
    assert file.spec == {"jiraUrl": "http://x", "retries": "3"}
    assert file.source.file == str(path)


@pytest.mark.parametrize(
    ("lines", "scope", "reference"),
    [
        ((), Scope.ACCOUNT, "account.jira"),
        (("orgIdentifier:",), Scope.ACCOUNT, "account.jira"),
        (ORG, Scope.ORG, "org.jira"),
        (PROJECT, Scope.PROJECT, "jira"),
    ],
)
def test_what_a_file_names_is_its_scope(
    write: Write,
    directory: ConnectorDirectory,
    lines: tuple[str, ...],
    scope: Scope,
    reference: str,
) -> None:
    write("a.yml", "identifier: jira", *lines)
    [file] = directory.all()
    assert (file.scope, file.reference, file.name) == (scope, reference, "jira")
    assert file.home == Home(file.org, file.project)


def test_files_come_sorted_and_all_but_yaml_is_ignored(
    write: Write, directory: ConnectorDirectory, tmp_path: Path
) -> None:
    for name in ("b.yml", "a.yaml", "c.YAML"):
        write(name, f"identifier: {name[0]}")
    (tmp_path / "README.md").write_text("# connectors")
    (tmp_path / ".hidden.yaml").write_text("not: one")
    (tmp_path / "folder").mkdir()
    assert [file.identifier for file in directory.all()] == ["a", "b", "c"]


def test_without_a_directory_there_are_no_connectors() -> None:
    directory = ConnectorDirectory(None, TYPES)
    assert directory.all() == ()
    assert miss(directory, "account.jira") == (
        "'account.jira' is not in the account; there is no directory of connectors: name one with"
        " --connectors DIR"
    )


def test_a_directory_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    directory = ConnectorDirectory(tmp_path / "none", TYPES)
    for look in (directory.all, lambda: find(directory, "jira")):
        with pytest.raises(ConnectorError, match="none: the directory of connectors cannot be"):
            look()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pipeline: {}\n", ":1:1: unknown key `pipeline`; known: connector"),
        ("- a\n", ":1:1: the document must be a mapping, not a list"),
        ("a: [\n", ":2:1: the file ends within a '[' or a '{'; close the bracket"),
        (
            "connector: {identifier: a, type: Jira, spec: {jiraUrl: x}, orgIdentifer: b}\n",
            ":1:60: unknown key `orgIdentifer`; did you mean 'orgIdentifier'?",
        ),
        (
            "connector: {identifier: a-b, type: Jira, spec: {jiraUrl: x}}\n",
            ":1:25: an identifier begins with a letter or '_' and holds",
        ),
        (
            "connector: {identifier: org, type: Jira, spec: {jiraUrl: x}}\n",
            ":1:25: 'org' is a reserved word; take another identifier",
        ),
        (
            "connector: {identifier: a, orgIdentifier: '', type: Jira, spec: {jiraUrl: x}}\n",
            ":1:43: an identifier begins with",
        ),
        ("connector: {type: Jira, spec: {jiraUrl: x}}\n", ":1:1: `identifier` is required"),
        ("connector: {identifier: a, type: Jira}\n", ":1:1: `spec` is required"),
        ("connector: {identifier: a, type: Jira, spec: x}\n", ":1:46: `spec` must be a mapping"),
        (
            "connector: {identifier: a, projectIdentifier: p, type: Jira, spec: {jiraUrl: x}}\n",
            ":1:28: a connector of a project needs `orgIdentifier` too; add the project's org",
        ),
        (
            "connector: {identifier: a, type: jira, spec: {jiraUrl: x}}\n",
            ":1:34: no connector type 'jira' is installed; did you mean 'Jira'?",
        ),
        (
            "connector: {identifier: a, type: Github, spec: {}}\n",
            ":1:34: no connector type 'Github' is installed; known: Jira",
        ),
        (
            "connector:\n  identifier: a\n  type: Jira\n  spec:\n    jiraURL: x\n    jiraUrl: y\n",
            ":5:5: unknown key `jiraURL`; did you mean 'jiraUrl'?",
        ),
        (
            "connector:\n  identifier: a\n  type: Jira\n  spec:\n    jiraUrl: y\n    retries: x\n",
            ":6:14: `retries` must be a whole number, not 'x'",
        ),
        ("connector: {identifier: a, type: Jira, spec: {}}\n", ":1:40: `jiraUrl` is required"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(
    directory: ConnectorDirectory, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(Refused) as caught:
        directory.all()
    assert f"{path}{message}" in str(caught.value)


def test_a_secret_written_where_its_name_belongs_is_not_shown(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: a", spec="{jiraUrl: x, passwordRef: hunter2-hunter2}")
    with pytest.raises(Refused, match="`passwordRef` does not match the pattern") as caught:
        directory.all()
    assert "hunter2" not in str(caught.value)


def test_without_plugins_no_type_is_known(write: Write, tmp_path: Path) -> None:
    write("a.yaml", "identifier: a")
    with pytest.raises(Refused, match="'Jira' is installed; no plugin provides one"):
        ConnectorDirectory(tmp_path, {}).all()


def test_all_faults_of_all_files_come_at_once(write: Write, directory: ConnectorDirectory) -> None:
    write("a.yaml", "identifier: 1")
    write("b.yaml", "identifier: b", spec="{}")
    write("c.yaml", "identifier: c")
    write("d.yaml", "identifier: c")
    with pytest.raises(Refused) as caught:
        directory.all()
    assert [Path(fault.file or "").name for fault in caught.value.faults] == [
        "a.yaml",
        "b.yaml",
        "d.yaml",
    ]


def test_two_files_with_one_identifier_in_one_scope_are_refused_naming_both(
    write: Write, directory: ConnectorDirectory
) -> None:
    first = write("a.yaml", "identifier: jira", *PROJECT)
    second = write("b.yaml", "identifier: jira", *PROJECT)
    message = (
        f"{second}:2:15: the connector 'jira' of project 'payments' is claimed by {first} as well;"
        " rename or delete one of them"
    )
    with pytest.raises(Refused) as caught:
        directory.all()
    assert str(caught.value) == message
    assert miss(directory, "jira") == message


def test_one_identifier_in_three_scopes_is_three_connectors(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: jira")
    write("b.yaml", "identifier: jira", *ORG)
    write("c.yaml", "identifier: jira", *PROJECT)
    write("d.yaml", "identifier: jira", "orgIdentifier: other", "projectIdentifier: payments")
    found = [
        find(directory, name).source.file[-6:] for name in ("account.jira", "org.jira", "jira")
    ]
    assert found == ["a.yaml", "b.yaml", "c.yaml"]


# Looking one up: in the scope that is named, and nowhere else


@pytest.mark.parametrize(
    ("lines", "reference", "message"),
    [
        (
            (),
            "jira",
            "'jira' is not in project 'payments'; it exists in the account: write 'account.jira'",
        ),
        (
            ORG,
            "jira",
            "'jira' is not in project 'payments'; it exists in org 'default': write 'org.jira'",
        ),
        (
            PROJECT,
            "account.jira",
            "'account.jira' is not in the account; it exists in project 'payments': write 'jira'",
        ),
        (
            PROJECT,
            "org.jira",
            "'org.jira' is not in org 'default'; it exists in project 'payments': write 'jira'",
        ),
        (
            ("orgIdentifier: other",),
            "org.jira",
            "'org.jira' is not in org 'default'; it exists in org 'other', which this pipeline"
            " cannot use",
        ),
        (
            ("orgIdentifier: other", "projectIdentifier: payments"),
            "jira",
            "'jira' is not in project 'payments'; it exists in project 'payments' of org 'other',"
            " which this pipeline cannot use",
        ),
        (
            PROJECT,
            "Jira",
            "'Jira' is not in project 'payments'; did you mean 'jira'?",
        ),
        (
            (),
            "account.jria",
            "'account.jria' is not in the account; did you mean 'account.jira'?",
        ),
        (PROJECT, "zz", "'zz' is not in project 'payments'; known: jira"),
    ],
)
def test_a_miss_says_where_the_connector_is_and_what_to_write(
    write: Write,
    directory: ConnectorDirectory,
    lines: tuple[str, ...],
    reference: str,
    message: str,
) -> None:
    write("a.yaml", "identifier: jira", *lines)
    assert miss(directory, reference) == message


def test_a_connector_in_two_other_scopes_is_named_in_both(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: jira")
    write("b.yaml", "identifier: jira", *ORG)
    assert miss(directory, "jira").endswith(
        "it exists in the account and in org 'default': write 'account.jira' or 'org.jira'"
    )


def test_where_nothing_is_within_reach_the_directory_is_named(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: other", "orgIdentifier: other")
    assert miss(directory, "jira") == (
        f"'jira' is not in project 'payments'; no connector in {directory.directory} is within"
        " this pipeline's reach"
    )


@pytest.mark.parametrize(
    ("reference", "project", "message"),
    [
        (
            "jira",
            None,
            "'jira' belongs to the pipeline's project, which it lacks; it exists in project"
            " 'payments' of org 'default', which this pipeline cannot use; give the pipeline"
            " orgIdentifier and projectIdentifier",
        ),
        (
            "jira",
            "payments",
            "'jira' belongs to the pipeline's project, which it lacks; it exists in",
        ),
        (
            "org.wiki",
            None,
            "'org.wiki' belongs to the pipeline's org, which it lacks; it exists in the account:"
            " write 'account.wiki'",
        ),
        (
            "org.zz",
            None,
            "'org.zz' belongs to the pipeline's org, which it lacks; give the pipeline"
            " orgIdentifier; known: account.wiki",
        ),
    ],
)
def test_a_pipeline_that_names_no_org_has_no_connectors_of_one(
    write: Write,
    directory: ConnectorDirectory,
    reference: str,
    project: str | None,
    message: str,
) -> None:
    write("a.yaml", "identifier: jira", *PROJECT)
    write("b.yaml", "identifier: wiki")
    with pytest.raises(ConnectorError) as caught:
        directory.find(reference, org=None, project=project)
    assert str(caught.value).startswith(message)


def test_an_invalid_reference_is_refused(directory: ConnectorDirectory) -> None:
    assert miss(directory, "a.b.c").startswith("Invalid Identifier Reference 'a.b.c'")


def test_a_broken_neighbour_does_not_hide_a_connector(
    write: Write, directory: ConnectorDirectory, tmp_path: Path
) -> None:
    write("a.yaml", "identifier: jira", *PROJECT)
    (tmp_path / "b.yaml").write_text("half: [written\nb: c")
    write("c.yaml", "identifier: broken", spec="{}")
    assert find(directory, "jira").identifier == "jira"


def test_a_miss_names_the_broken_files_that_may_have_been_meant(
    directory: ConnectorDirectory, tmp_path: Path
) -> None:
    (tmp_path / "b.yaml").write_text("half: [written\nb: c")
    lines = miss(directory, "jira").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{tmp_path / 'b.yaml'}:1:7: the '[' that begins here")


def test_a_connector_with_a_wrong_spec_is_refused_when_it_is_looked_up(
    write: Write, directory: ConnectorDirectory
) -> None:
    path = write("a.yaml", "identifier: jira", *PROJECT, spec="{}")
    assert miss(directory, "jira") == f"{path}:6:3: `jiraUrl` is required"


# Resolving


def resolve(directory: ConnectorDirectory, reference: str, **environ: str) -> Connector:
    return directory.resolve(
        reference,
        org="default",
        project="payments",
        secrets=SecretStore(environ, None, None, Masker()),
        clock=FakeClock(),
    )


def test_a_resolved_connector_is_typed_and_bound(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: jira", spec="{jiraUrl: http://x, retries: 3}")
    clock = FakeClock()
    secrets = SecretStore({"PENSTOCK_SECRET_ACCOUNT_T": "hunter22"}, None, None, Masker())
    connector = directory.resolve(
        "account.jira", org=None, project=None, secrets=secrets, clock=clock
    )
    assert isinstance(connector, Tracker)
    assert (connector.jira_url, connector.retries) == ("http://x", 3)
    assert connector.binding.reference == "account.jira"
    assert connector.binding.clock is clock
    assert connector.binding.secret("account.t").reveal() == "hunter22"


def test_a_connector_reads_secrets_of_its_own_scope_not_of_the_pipelines(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: jira")
    write("b.yaml", "identifier: jira", *PROJECT)
    environ = {"PENSTOCK_SECRET_TOKEN": "hunter22"}
    mine = resolve(directory, "jira", **environ)
    assert mine.binding.secret("token").reveal() == "hunter22"
    shared = resolve(directory, "account.jira", **environ)
    with pytest.raises(ConnectorError, match="secret 'token' cannot be used at account level"):
        shared.binding.secret("token")


@pytest.mark.parametrize("home", [(), ORG])
def test_a_secret_out_of_a_connectors_scope_is_a_fault_of_its_file(
    write: Write, directory: ConnectorDirectory, home: tuple[str, ...]
) -> None:
    path = write("a.yaml", "identifier: jira", *home, spec="{jiraUrl: u, passwordRef: tok}")
    with pytest.raises(Refused) as caught:
        directory.all()
    scope = "org" if home else "account"
    assert str(caught.value) == (
        f"{path}:{4 + len(home)}:35: The project level secret 'tok' cannot be used at {scope} "
        f"level; write '{scope}.tok' instead and set PENSTOCK_SECRET_{scope.upper()}_TOK"
    )


def test_a_secret_out_of_scope_is_found_in_a_list_too(
    write: Write, directory: ConnectorDirectory
) -> None:
    rows = "rows: [{key_ref: account.a}, {key_ref: org.b}]"
    path = write("a.yaml", "identifier: jira", spec=f"{{jiraUrl: u, {rows}}}")
    with pytest.raises(Refused) as caught:
        directory.all()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}:4:61: The org level secret 'org.b' cannot be used at account")


def test_a_secret_of_the_connectors_own_or_a_wider_scope_is_none(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: a", spec="{jiraUrl: u, passwordRef: account.tok}")
    write("b.yaml", "identifier: b", *ORG, spec="{jiraUrl: u, passwordRef: account.tok}")
    write("c.yaml", "identifier: c", *PROJECT, spec="{jiraUrl: u, passwordRef: org.tok}")
    assert len(directory.all()) == 3


def test_a_mended_connector_is_seen_the_next_time(
    write: Write, directory: ConnectorDirectory
) -> None:
    write("a.yaml", "identifier: jira", *PROJECT, spec="{jiraUrl: [}")
    with pytest.raises(ConnectorError):
        resolve(directory, "jira")
    write("a.yaml", "identifier: jira", *PROJECT, spec="{jiraUrl: http://new}")
    connector = resolve(directory, "jira")
    assert isinstance(connector, Tracker) and connector.jira_url == "http://new"
