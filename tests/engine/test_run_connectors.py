"""The connectors of a run: resolved as its steps ask, and replaced by sandboxes on request."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import BaseModel

from penstock.connector import Connector, SecretReference
from penstock.connectors.secret_fields import open_values
from penstock.connectors.secrets import SecretStore
from penstock.errors import ConnectorError, ExpressionError
from penstock.expressions import Names, parse
from penstock.run.connectors import ReadableConnectors, RunConnectors
from penstock.run.sandboxes import SandboxSettings, running, sandbox_types
from penstock.sandbox import Sandbox, SandboxOptions
from penstock.secret import Masker
from penstock.testing import FakeClock


class Shop(Connector):
    """A connector type with a sandbox."""

    type: ClassVar[str] = "Shop"
    url: str
    token_ref: str = "account.shop"


class Mail(Connector):
    """A connector type with another sandbox."""

    type: ClassVar[str] = "Mail"
    url: str = "http://mail"


class Plain(Connector):
    """A connector type without one."""

    type: ClassVar[str] = "Plain"


class ShopSandbox(Sandbox):
    """Stands in for shops; notes what is done with it."""

    connector_type: ClassVar[str] = "Shop"
    log: ClassVar[list[str]] = []

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options

    def check(self) -> None:
        """Find nothing wrong."""

    def start(self) -> str:
        self.log.append(f"start {self.connector_type}")
        return f"http://{self.connector_type}"

    def stop(self) -> None:
        self.log.append(f"stop {self.connector_type}")

    def stand_in(self, connector):
        if connector is None:
            return Shop(url="http://sandbox", token_ref="none")
        return connector.model_copy(update={"url": "http://sandbox"})

    def on_change(self, wake):
        self.wake = wake

    @classmethod
    def print_world(cls) -> str:
        return ""


class MailSandbox(ShopSandbox):
    """Stands in for mail."""

    connector_type: ClassVar[str] = "Mail"

    def stand_in(self, connector):
        return Mail()


TYPES = {"Shop": Shop, "Mail": Mail, "Plain": Plain}
FILE = """\
connector:
  identifier: {identifier}
  type: {type}
  spec: {spec}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "connectors"
    made.mkdir()
    for name, kind, spec in (
        ("shop", "Shop", "{url: 'http://shop', tokenRef: account.special}"),
        ("plain", "Plain", "{}"),
    ):
        (made / f"{name}.yaml").write_text(FILE.format(identifier=name, type=kind, spec=spec))
    return made


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def connectors(clock):
    def make(directory, *sandboxes):
        made = {kind.connector_type: kind(SandboxOptions()) for kind in sandboxes}
        environ = {"PENSTOCK_SECRET_ACCOUNT_SPECIAL": "hunter22"}
        store = SecretStore(environ, None, None, Masker())
        return RunConnectors(directory, TYPES, store, clock, org="o", project=None, sandboxes=made)

    return make


def test_a_reference_is_resolved_with_its_secrets_and_its_clock(connectors, directory, clock):
    shop = connectors(directory).resolve("account.shop", Shop)
    assert (shop.url, shop.binding.reference, shop.binding.clock) == (
        "http://shop",
        "account.shop",
        clock,
    )
    assert shop.binding.secret("account.special").reveal() == "hunter22"


def test_a_reference_is_resolved_afresh_each_time(connectors, directory):
    run = connectors(directory)
    assert run.resolve("account.shop", Shop).url == "http://shop"
    file = directory / "shop.yaml"
    file.write_text(file.read_text().replace("http://shop", "http://mended"))
    assert run.resolve("account.shop", Shop).url == "http://mended"


class Gateway(BaseModel):
    """A level of a spec."""

    user: str = "bot"
    key_ref: SecretReference | None = None


class Rich(Connector):
    """A connector type with all kinds of values."""

    type: ClassVar[str] = "Rich"
    jira_url: str
    password_ref: SecretReference = "account.password"
    gateway: Gateway = Gateway(key_ref="account.key")
    proxy: str | None = None
    other: str = "http://ann:hunter22@proxy:80/x"
    mail: str = "https://jira.example.com/ann@example.com"
    headers: Mapping[str, str] = {"X-Key": "hunter22"}
    trusted: tuple[str, ...] = ("a",)
    retries: int = 3
    verify: bool = True


def test_what_is_open_of_a_connector_is_read_and_nothing_else():
    assert open_values(Rich(jira_url="https://jira.example.com")) == {
        "jiraUrl": "https://jira.example.com",
        "gateway": {"user": "bot"},
        "mail": "https://jira.example.com/ann@example.com",
        "retries": 3,
        "verify": True,
    }


def read(run, text):
    names = Names({"connector": ReadableConnectors(run.described)}, lambda: datetime.now(UTC))
    return parse(text).render(names)


def test_an_expression_reads_a_connector_when_it_is_evaluated(connectors, directory):
    run = connectors(directory)
    text = '<+connector.get("account.shop").identifier> <+connector.get("account.shop").type>'
    assert read(run, text) == "shop Shop"
    assert read(run, '<+connector.get("account.shop").spec.url>') == "http://shop"
    file = directory / "shop.yaml"
    file.write_text(file.read_text().replace("  type", "  name: The shop\n  type"))
    assert read(run, '<+connector.get("account.shop").name>') == "The shop"


def test_an_expression_reads_the_stand_in_of_a_sandbox(connectors, directory):
    text = '<+connector.get("account.shop").spec.url> <+connector.get("account.shop").name>'
    assert read(connectors(directory, ShopSandbox), text) == "http://sandbox shop"
    assert read(connectors(None, ShopSandbox), text) == "http://sandbox shop"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<+connector.get("account.shpo").name>', "did you mean 'account.shop'?"),
        ('<+connector.get("shop").name>', "'shop' belongs to the pipeline's project"),
        ('<+connector.get("a.b.c").name>', "Invalid Identifier Reference"),
        ('<+connector.get("account.shop").spec.ulr>', "'ulr' is not there; did you mean 'url'?"),
    ],
)
def test_a_connector_that_cannot_be_read_says_why(connectors, directory, text, words):
    with pytest.raises(ExpressionError) as caught:
        read(connectors(directory), text)
    assert words in str(caught.value)
    assert read(connectors(directory), f'{text[:-1]} ?: "none">') == "none"


def test_there_is_no_list_of_connectors(connectors, directory):
    readable = ReadableConnectors(connectors(directory).described)
    assert ([*readable], len(readable)) == ([], 0)


def test_a_connector_of_another_type_is_refused(connectors, directory):
    message = "the connector 'account.plain' is of type Plain, and the step needs one of type Shop"
    with pytest.raises(ConnectorError, match=message):
        connectors(directory).resolve("account.plain", Shop)


def test_a_gate_is_looked_at_through_any_type(connectors, directory):
    assert isinstance(connectors(directory).resolve("account.plain", Connector), Plain)


@pytest.mark.parametrize("missing", [None, Path("/nowhere/at/all")])
def test_without_a_directory_nothing_is_resolved(connectors, missing):
    with pytest.raises(ConnectorError, match="no directory of connectors"):
        connectors(missing).resolve("account.shop", Shop)


def test_a_sandbox_takes_the_place_of_its_type_and_leaves_the_rest(connectors, directory):
    run = connectors(directory, ShopSandbox)
    shop = run.resolve("account.shop", Shop)
    assert (shop.url, shop.token_ref) == ("http://sandbox", "account.special")
    assert shop.binding.reference == "account.shop"
    assert isinstance(run.resolve("account.plain", Plain), Plain)


def test_a_sandbox_does_not_hide_a_reference_to_nothing(connectors, directory):
    with pytest.raises(ConnectorError, match=r"'account\.shp' is not in"):
        connectors(directory, ShopSandbox).resolve("account.shp", Shop)


@pytest.mark.parametrize("kind", [Shop, Connector])
def test_a_sandbox_needs_no_directory(connectors, clock, kind):
    shop = connectors(None, ShopSandbox).resolve("account.any", kind)
    assert (shop.url, shop.binding.reference, shop.binding.clock) == (
        "http://sandbox",
        "account.any",
        clock,
    )


def test_a_type_without_a_sandbox_needs_a_file(connectors):
    message = "'account.x' has no file, and connectors of type Plain have no sandbox; name a dir"
    with pytest.raises(ConnectorError, match=message):
        connectors(None, ShopSandbox).resolve("account.x", Plain)


def test_of_two_sandboxes_none_is_guessed_at(connectors):
    run = connectors(None, ShopSandbox, MailSandbox)
    assert isinstance(run.resolve("account.x", Mail), Mail)
    assert isinstance(run.resolve("account.x", Shop), Shop)
    message = "'account.x' has no file that says whether it is of type Shop or Mail; name a dir"
    with pytest.raises(ConnectorError, match=message):
        run.resolve("account.x", Connector)


# The sandboxes of a run


@pytest.fixture
def log():
    ShopSandbox.log.clear()
    return ShopSandbox.log


def test_sandboxes_are_started_with_their_settings_and_stopped(tmp_path, clock, log):
    world = tmp_path / "world.yaml"
    settings = SandboxSettings(world=world, flavour="cloud")
    states = tmp_path / "sandboxes" / "k3x9"
    woken = []
    kinds = [ShopSandbox, MailSandbox]
    with running(kinds, settings, states, clock, lambda: woken.append(1)) as started:
        assert [page for _, page in started.values()] == ["http://Shop", "http://Mail"]
        shop, mail = (sandbox for sandbox, _ in started.values())
        assert shop.options == SandboxOptions(
            world=world,
            flavour="cloud",
            state=tmp_path / "sandboxes" / "k3x9-Shop.json",
            clock=clock,
        )
        assert mail.options.state == tmp_path / "sandboxes" / "k3x9-Mail.json"
        shop.wake()
        mail.wake()
        assert states.parent.is_dir()
    assert woken == [1, 1]
    assert log == ["start Shop", "start Mail", "stop Mail", "stop Shop"]


def test_every_sandbox_is_stopped_whatever_the_others_do(tmp_path, clock, log):
    class Broken(MailSandbox):
        def stop(self):
            raise OSError("no space for the ledger")

    arguments = (SandboxSettings(), tmp_path / "s" / "x", clock, lambda: None)
    with pytest.raises(OSError, match="no space"), running([ShopSandbox, Broken], *arguments):
        pass
    assert log[-1] == "stop Shop"

    class Deaf(MailSandbox):
        def start(self):
            raise OSError("the port is taken")

    with pytest.raises(OSError, match="port"), running([ShopSandbox, Deaf], *arguments):
        raise AssertionError("it has not started")
    assert log[-2:] == ["start Shop", "stop Shop"]


def test_settings_outlive_the_process(tmp_path):
    settings = SandboxSettings(tmp_path / "w", Path("script.yaml"), "cloud", tmp_path / "l")
    whole = SandboxSettings(tmp_path / "w", Path("script.yaml").resolve(), "cloud", tmp_path / "l")
    assert SandboxSettings.from_json(settings.to_json()) == whole
    assert SandboxSettings.from_json(SandboxSettings().to_json()) == SandboxSettings()


def test_only_the_types_that_a_pipeline_uses_get_a_sandbox(bench):
    class SandboxedRemote(Connector):
        type: ClassVar[str] = "Remote"

        @classmethod
        def sandbox(cls):
            return ShopSandbox

    step = "- step: {identifier: a, type: Write, spec: {connectorRef: r, text: x}}\n"
    say = "- step: {identifier: b, type: Say, spec: {text: x}}\n"
    types = {"Remote": SandboxedRemote, "Mail": Mail}
    assert sandbox_types(bench.plan(bench.pipeline(step + say)), bench.types, types) == [
        ShopSandbox
    ]
    assert sandbox_types(bench.plan(bench.pipeline(say)), bench.types, types) == []
    assert sandbox_types(bench.plan(bench.pipeline(step)), bench.types, {"Remote": Plain}) == []
    assert sandbox_types(bench.plan(bench.pipeline(step)), {}, types) == []
    assert sandbox_types(bench.plan(bench.pipeline(step)), bench.types, {}) == []
