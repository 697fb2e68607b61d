import sys
from importlib.metadata import EntryPoint

import pytest

from penstock.errors import PluginError
from penstock.plugins import Plugins, load_plugins

STEP_HOOK = """
@penstock.hookimpl
def penstock_step_types():
    return [Hello]
"""


def refusal(load, *args):
    with pytest.raises(PluginError) as caught:
        load(*args)
    return str(caught.value)


def test_without_plugins_there_is_advice():
    plugins = load_plugins(entry_points=[])
    assert plugins.step_types == {} and plugins.connector_types == {}
    assert plugins.listing() == ()
    assert plugins.advice == "no plugins are installed; in a checkout run `pip install -e .`"


def test_plugins_can_be_had_without_loading_any():
    assert Plugins().notify(None) == []
    assert Plugins().provider_of("Hello") is None


def test_a_group_is_looked_up_among_what_is_installed():
    assert load_plugins("penstock-no-such-group").listing() == ()


def test_a_plugin_is_described_with_all_that_it_provides(load_one):
    plugins = load_one(
        STEP_HOOK
        + """
@penstock.hookimpl
def penstock_connector_types():
    return (Chat,)
"""
    )
    (plugin,) = plugins.listing()
    assert (plugin.name, plugin.distribution, plugin.version) == ("one", "penstock-one", "1.2")
    assert plugin.module == "one"
    assert plugin.hooks == ("penstock_connector_types", "penstock_step_types")
    assert plugin.step_types == ("Hello",) and plugin.connector_types == ("Chat",)
    assert plugins.step_types["Hello"] is sys.modules["one"].Hello
    assert plugins.provider_of("Hello") == plugins.provider_of("Chat") == plugin
    assert plugins.provider_of("Bye") is None
    assert plugins.advice == ""


def test_what_is_loaded_cannot_be_changed(load_one):
    plugins = load_one(STEP_HOOK)
    with pytest.raises(TypeError):
        plugins.step_types["Other"] = None


def test_an_entry_point_without_a_distribution_is_usable(site):
    site.install("penstock-one", {"one = one": STEP_HOOK})
    plugins = load_plugins(entry_points=[EntryPoint("one", "one", "penstock")])
    assert str(plugins.provider_of("Hello")) == "'one' of no distribution (one)"


def test_one_plugin_found_twice_is_one_plugin(site):
    site.install("penstock-one", {"one = one": STEP_HOOK})
    assert len(load_plugins(entry_points=site.entry_points() * 2).listing()) == 1


def test_two_distributions_with_one_name_are_both_named(site):
    site.install("penstock-jira", {"jira = jira_a": STEP_HOOK})
    site.install("their-jira", {"jira = jira_b": STEP_HOOK})
    assert refusal(site.load) == (
        "2 plugins are named 'jira': 'jira' of penstock-jira (jira_a) and"
        " 'jira' of their-jira (jira_b); uninstall one of them"
    )
    assert "jira_a" not in sys.modules  # neither is believed


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import slack_sdk_that_is_not_there", "ModuleNotFoundError: No module named"),
        ("raise RuntimeError", "RuntimeError"),
        ("1 +", "SyntaxError: "),
        ("import sys; sys.exit(3)", "it called sys.exit(3)"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_named_with_the_cause(load_one, source, cause):
    said = refusal(load_one, source)
    assert said.startswith(f"cannot load plugin 'one' of penstock-one (one): {cause}")
    assert said.endswith("; mend it, or: pip uninstall penstock-one")


def test_the_exception_behind_a_fault_is_kept(load_one):
    with pytest.raises(PluginError) as caught:
        load_one("import slack_sdk_that_is_not_there")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_an_interrupt_while_a_plugin_is_imported_is_an_interrupt(load_one):
    with pytest.raises(KeyboardInterrupt):
        load_one("raise KeyboardInterrupt")


def test_all_problems_are_reported_at_once(site):
    site.install("penstock-a", {"a = mod_a": "import not_there_a"})
    site.install("penstock-b", {"b = mod_b": "import not_there_b"})
    site.install("penstock-c", {"c = mod_c": "@penstock.hookimpl\ndef penstock_events(event): ..."})
    site.install("penstock-d", {"d = mod_d": STEP_HOOK.replace("[Hello]", "[3]")})
    with pytest.raises(PluginError) as caught:
        site.load()
    told = [fault.message for fault in caught.value.faults]
    assert [("plugin 'a'" in told[0]), ("plugin 'b'" in told[1])] == [True, True]
    assert "plugin 'c'" in told[2] and "plugin 'd'" in told[3]
    assert len(told) == 4


def test_an_entry_point_must_name_a_module(site):
    site.install("penstock-one", {"one = one:Hello": STEP_HOOK})
    said = refusal(site.load)
    assert "'one' of penstock-one (one) names a ModelMetaclass, not a module" in said
    assert 'write one = "one"' in said


def test_one_module_under_two_names_is_refused(site):
    site.install("penstock-one", {"one = one": STEP_HOOK})
    site.install("penstock-two", {"two = one": STEP_HOOK})
    assert refusal(site.load).startswith(
        "two plugins are one module: 'one' of penstock-one (one) and 'two' of penstock-two (one)"
    )


def test_a_misspelt_hook_is_refused_with_the_near_miss(load_one):
    source = STEP_HOOK + "\n@penstock.hookimpl\ndef penstock_connector_type(): return []"
    assert refusal(load_one, source) == (
        "plugin 'one' of penstock-one (one): there is no hook 'penstock_connector_type';"
        " did you mean 'penstock_connector_types'?"
    )


def test_every_misspelt_hook_is_told(load_one):
    said = refusal(load_one, "\n@penstock.hookimpl\ndef a(): ...\n@penstock.hookimpl\ndef b(): ...")
    assert "no hook 'a'" in said and "no hook 'b'" in said


def test_a_hook_of_a_later_penstock_may_be_marked_optional(load_one):
    later = "\n@penstock.hookimpl(optionalhook=True)\ndef penstock_backends(): return []"
    assert "Hello" in load_one(STEP_HOOK + later).step_types


def test_an_optional_hook_is_not_blamed_for_a_misspelt_one(load_one):
    later = "\n@penstock.hookimpl(optionalhook=True)\ndef penstock_backends(): return []"
    wrong = "\n@penstock.hookimpl\ndef penstock_evnt(event): ..."
    said = refusal(load_one, later + wrong)
    assert "penstock_evnt" in said and "penstock_backends" not in said


def test_an_argument_that_the_hook_lacks_is_refused(load_one):
    said = refusal(load_one, "\n@penstock.hookimpl\ndef penstock_event(evnt): ...")
    assert said.startswith("plugin 'one' of penstock-one (one): ")
    assert "'evnt'" in said and "\n" not in said
    assert said.endswith(
        "; the hooks are penstock_connector_types(), penstock_event(event), penstock_step_types()"
    )


def test_a_hook_that_is_not_marked_is_refused(load_one):
    said = refusal(load_one, STEP_HOOK.replace("@penstock.hookimpl", ""))
    assert "penstock_step_types is not marked as a hook; write @penstock.hookimpl above it" in said


def test_a_module_without_hooks_is_no_plugin(load_one):
    assert "(one): it implements no hook; the hooks are" in refusal(load_one, "")


def test_two_plugins_with_one_step_type_are_both_named(site):
    site.install("penstock-one", {"one = one": STEP_HOOK})
    site.install("penstock-two", {"two = two": STEP_HOOK})
    assert refusal(site.load) == (
        "2 step types are called 'Hello': Hello of plugin 'one' of penstock-one (one) and"
        " Hello of plugin 'two' of penstock-two (two); uninstall one of them"
    )


def test_two_plugins_with_one_connector_type_are_both_named(site):
    hook = "\n@penstock.hookimpl\ndef penstock_connector_types(): return [Chat]"
    site.install("penstock-one", {"one = one": hook})
    site.install("penstock-two", {"two = two": hook})
    said = refusal(site.load)
    assert "2 connector types are called 'Chat'" in said and "(one)" in said and "(two)" in said


def test_a_class_that_two_plugins_share_is_a_clash_too(site):
    site.install("penstock-one", {"one = one": STEP_HOOK})
    site.install("penstock-two", {"two = two": "from one import Hello" + STEP_HOOK})
    assert "2 step types are called 'Hello'" in refusal(site.load)


def test_one_plugin_with_two_classes_of_one_type_is_refused(load_one):
    source = "\nclass Hi(Hello): ...\n" + STEP_HOOK.replace("[Hello]", "[Hello, Hi]")
    said = refusal(load_one, source)
    assert "Hello of plugin 'one'" in said and "Hi of plugin 'one'" in said


def test_a_class_returned_twice_by_one_plugin_is_no_clash(load_one):
    source = STEP_HOOK.replace("[Hello]", "[Hello, Hello]")
    assert list(load_one(source).step_types) == ["Hello"]


def test_a_step_type_and_a_connector_type_may_share_a_name(load_one):
    source = (
        STEP_HOOK
        + """
class Same(penstock.Connector):
    type: ClassVar[str] = "Hello"

@penstock.hookimpl
def penstock_connector_types():
    return [Same]
"""
    )
    plugins = load_one(source)
    assert "Hello" in plugins.step_types and "Hello" in plugins.connector_types
