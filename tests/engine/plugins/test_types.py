import pytest

from penstock.errors import PluginError

HOOK = "\n@penstock.hookimpl\ndef penstock_step_types():\n    return {}\n"
RUN = "    def run(self, context): return {}\n"
TYPE = '    type: ClassVar[str] = "Wrong"\n'


def wrong(body: str, root: str = "Step") -> str:
    return f"\nclass Wrong(penstock.{root}):\n{body}" + HOOK.format("[Wrong]")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (HOOK.format("[3]"), "3 is not a class; return the classes themselves, such as [Hello]"),
        (HOOK.format("[Hello()]"), "Hello() is not a class; return the classes themselves"),
        (HOOK.format("'Hello'"), "'H' is not a class"),
        (HOOK.format("[Chat]"), "Chat is not a step type; write class Chat(penstock.Step)"),
        (HOOK.format("[int]"), "int is not a step type; write class int(penstock.Step)"),
        (HOOK.format("None"), "penstock_step_types returned nothing; return a list of classes"),
        (HOOK.format("Hello"), "penstock_step_types failed: TypeError: "),
        (HOOK.format("[1 / 0]"), "penstock_step_types failed: ZeroDivisionError: division by"),
        (HOOK.format("exit(2)"), "penstock_step_types failed: it called sys.exit(2)"),
        (wrong(RUN), 'Wrong has no type; write type: ClassVar[str] = "Wrong" in the class'),
        (
            wrong('    type: str = "Wrong"\n' + RUN),
            'Wrong has no type; write type: ClassVar[str] = "Wrong" in the class',
        ),
        (wrong('    type: ClassVar[str] = ""\n' + RUN), "no type that a pipeline could name: ''"),
        (wrong("    type: ClassVar[int] = 3\n" + RUN), "no type that a pipeline could name: 3"),
        (wrong('    type: ClassVar[str] = "A b"\n' + RUN), "that a pipeline could name: 'A b'"),
        (
            wrong(TYPE),
            "Wrong lacks the method 'run'; write def run(self, context: StepContext) -> Outputs",
        ),
        (
            wrong(TYPE, "Gate"),
            "Wrong lacks the method 'judge'; write def judge(self, snapshot: Snapshot) -> Verdict",
        ),
        (wrong(TYPE, "Gate"), "Wrong lacks the method 'watch'; write def watch(self, context"),
        (
            wrong(TYPE + "    issue_key: str\n    issueKey: str\n" + RUN),
            "2 fields of Wrong have the key 'issueKey'; rename one of them",
        ),
        (
            wrong(TYPE + "    a: int\n    b: int = Field(alias='a')\n" + RUN),
            "2 fields of Wrong have the key 'a'; rename one of them",
        ),
    ],
)
def test_what_is_no_step_type_is_refused_with_what_to_write(load_one, source, message):
    with pytest.raises(PluginError) as caught:
        load_one(source)
    assert message in str(caught.value)
    assert "plugin 'one' of penstock-one (one)" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "root"),
    [("headline", "Step"), ("repeatable", "Step"), ("watch", "Gate"), ("run", "Gate")],
)
@pytest.mark.filterwarnings("ignore:Field name")  # pydantic sees the same, and only warns
def test_a_field_with_a_name_of_ours_is_refused_with_an_alias_to_write(load_one, name, root):
    methods = RUN if name != "run" else ""
    methods += "    def judge(self, s): ...\n"
    methods += "    def watch(self, c): ...\n" if name != "watch" else ""
    body = methods.replace(f"    def {name}(self", "    def other(self")
    with pytest.raises(PluginError) as caught:
        load_one(wrong(TYPE + body + f"    {name}: str = ''\n", root))
    told = str(caught.value)
    assert f"Wrong.{name}: penstock uses this name itself" in told
    assert f'{name}_: … = Field(alias="{name}") keeps the key in YAML' in told


def test_the_alias_that_is_advised_works(load_one):
    body = TYPE + RUN + '    headline_: str = Field(alias="headline", default="")\n'
    step_type = load_one(wrong(body)).step_types["Wrong"]
    assert step_type.model_validate({"headline": "x"}).headline_ == "x"


def test_a_generator_of_classes_will_do(load_one):
    plugins = load_one(HOOK.format("(each for each in (Hello,))"))
    assert list(plugins.step_types) == ["Hello"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    url: str = ''\n", 'Wrong has no type; write type: ClassVar[str] = "Wrong"'),
        (TYPE + "    binding: str = ''\n", "Wrong.binding: penstock uses this name itself"),
        (
            TYPE + "    @abstractmethod\n    def ping(self): ...\n",
            "Wrong lacks the method 'ping'; write def ping",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Field name")  # pydantic sees the same, and only warns
def test_what_is_no_connector_type_is_refused_with_what_to_write(load_one, body, message):
    source = "from abc import ABC, abstractmethod\n" + wrong(body, "Connector, ABC").replace(
        "penstock_step_types", "penstock_connector_types"
    )
    with pytest.raises(PluginError) as caught:
        load_one(source)
    assert message in str(caught.value)
