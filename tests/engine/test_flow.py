"""Groups, nodes side by side, and strategies."""

import threading
from dataclasses import replace

import pytest

from penstock.errors import StepFailed
from penstock.events import Status
from penstock.pipeline.planning import make_plan
from penstock.run.fibers import Fibers
from penstock.run.interruption import Interrupted
from penstock.run.local import carry
from penstock.source import parse


def say(name, text="x", more=""):
    return f"- step: {{identifier: {name}, type: Say, spec: {{text: '{text}'}}{more}}}\n"


def group(name, *items, more=""):
    inside = "".join(f"      {line}\n" for item in items for line in item.splitlines())
    return f"- stepGroup:\n    identifier: {name}\n{more}    steps:\n{inside}"


def beside(*items):
    return "- parallel:\n" + "".join(f"    {line}\n" for it in items for line in it.splitlines())


def said(bench, path):
    return bench.of_kind("run_finished")[0].outputs[path]["said"]


def ends(bench):
    return [(event.path, str(event.status)) for event in bench.of_kind("step_finished")]


def test_a_group_is_a_name_in_paths_and_in_expressions(bench):
    text = bench.pipeline(
        group("g", say("a", "one"), group("h", say("b", "<+execution.steps.g.steps.a.said>"))),
        say("c", "<+pipeline.stages.s.spec.execution.steps.g.steps.h.steps.b.said>"),
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert ends(bench) == [
        ("s/g/a", "Succeeded"),
        ("s/g/h/b", "Succeeded"),
        ("s/g/h", "Succeeded"),
        ("s/g", "Succeeded"),
        ("s", "Succeeded"),
        ("t/c", "Succeeded"),
        ("t", "Succeeded"),
    ]
    assert said(bench, "t/c") == "one"


def test_steps_of_a_group_see_each_other_and_the_variables_of_all_levels(bench):
    more = "    variables: [{name: near, value: '<+stage.variables.mid>!'}]\n"
    inside = say("b", "<+steps.a.said> <+stepGroup.variables.near> <+variables.far>")
    text = bench.pipeline(
        group("g", say("a", "one"), inside, more=more),
        variables="[{name: far, value: f}]",
        s="        variables: [{name: mid, value: m}]",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert said(bench, "s/g/b") == "one m! f"


def test_the_condition_of_a_group_is_that_of_all_its_steps(bench):
    skipped = group("g", say("a"), more="    when: {condition: <+pipeline.name> == 'z'}\n")
    assert bench.run(bench.pipeline(skipped + say("b"))) is Status.SUCCEEDED
    assert ends(bench)[:2] == [("s/g", "Skipped"), ("s/b", "Succeeded")]


def test_a_group_that_fails_is_told_and_what_follows_is_skipped(bench):
    fail = "- step: {identifier: f, type: Fail, spec: {}}\n"
    after = group("h", say("c"), more="    when: {stageStatus: Failure}\n")
    text = bench.pipeline(group("g", fail, say("a")) + say("b") + after)
    assert bench.run(text) is Status.FAILED
    assert ends(bench) == [
        ("s/g/f", "Failed"),
        ("s/g/a", "Skipped"),
        ("s/g", "Failed"),
        ("s/b", "Skipped"),
        ("s/h/c", "Succeeded"),
        ("s/h", "Succeeded"),
        ("s", "Failed"),
    ]


def test_the_time_of_a_group_is_a_limit_for_its_steps(bench, remote):
    remote.on_say = lambda text: bench.clock.advance(90)
    text = bench.pipeline(group("g", say("a"), say("b"), more="    timeout: 1m\n"))
    assert bench.run(text) is Status.EXPIRED
    assert ("s/g/b", "Expired") in ends(bench)


def test_steps_side_by_side_are_at_work_at_the_same_time(bench, remote):
    meeting = threading.Barrier(3, timeout=20)
    remote.on_say = lambda text: meeting.wait()
    assert bench.run(bench.pipeline(beside(say("a"), say("b"), say("c")))) is Status.SUCCEEDED
    assert {path for path, _ in ends(bench)} == {"s/a", "s/b", "s/c", "s"}


def test_stages_side_by_side_are_at_work_at_the_same_time_and_later_ones_come_after(bench, remote):
    meeting = threading.Barrier(2, timeout=20)
    remote.on_say = lambda text: meeting.wait() if text == "x" else None
    text = bench.pipeline(say("a"), say("b"), say("c", "<+stages.s.status> <+stages.t.status>"))
    head, *stages = text.split("    - stage:\n")
    side = "".join("        - stage:\n" + _deeper(stage) for stage in stages[:2])
    text = head + "    - parallel:\n" + side + "    - stage:\n" + stages[2]
    assert bench.run(text) is Status.SUCCEEDED
    assert said(bench, "u/c") == "Succeeded Succeeded"


def _deeper(text):
    return "".join(f"    {line}\n" for line in text.splitlines())


def test_one_that_fails_beside_others_lets_them_end_and_fails_the_stage(bench):
    fail = "- step: {identifier: f, type: Fail, spec: {}}\n"
    text = bench.pipeline(beside(fail, say("a")) + say("b"))
    assert bench.run(text) is Status.FAILED
    assert dict(ends(bench)) == {
        "s/f": "Failed",
        "s/a": "Succeeded",
        "s/b": "Skipped",
        "s": "Failed",
    }


def test_gates_side_by_side_wait_together_and_are_asked_about_at_once(bench, remote):
    bench.see("A", "maybe", "yes")
    bench.see("B", "maybe", "maybe", "yes")
    gates = [
        f"- step: {{identifier: {key}, type: Await, spec: {{connectorRef: r, key: {key}}}}}\n"
        for key in ("A", "B")
    ]
    assert bench.run(bench.pipeline(beside(*gates) + say("c"))) is Status.SUCCEEDED
    assert remote.asked == [("A", "B"), ("A", "B"), ("B",)]


def test_a_gate_is_looked_at_while_a_step_beside_it_is_at_work(bench, remote):
    bench.see("A", "yes")
    seen = threading.Event()
    remote.answer = lambda looks: (seen.set(), looks)[1]
    remote.on_say = lambda text: seen.wait(20)
    gate = "- step: {identifier: g, type: Await, spec: {connectorRef: r, key: A}}\n"
    assert bench.run(bench.pipeline(beside(say("a"), gate))) is Status.SUCCEEDED
    assert ends(bench)[0] == ("s/g", "Succeeded")


def test_a_run_waits_while_any_of_its_gates_does(bench):
    bench.see("A", "yes")
    bench.see("B", "maybe", "yes")
    statuses = []
    gates = [
        f"- step: {{identifier: {key}, type: Await, spec: {{connectorRef: r, key: {key}}}}}\n"
        for key in ("A", "B")
    ]
    record = bench.add(bench.pipeline(beside(*gates)))

    def tell(event):
        bench.events.append(event)
        if event.kind == "step_finished":
            statuses.append(bench.journal.run(record.id).status)

    assert carry(bench.state(record, tell), bench.stop) is Status.SUCCEEDED
    assert statuses == [Status.APPROVAL_WAITING, Status.RUNNING, Status.RUNNING]


def test_of_steps_at_work_when_one_is_interrupted_the_others_are_kept(bench, remote):
    both = threading.Barrier(2, timeout=20)

    def work(text):
        both.wait()
        if text == "one":
            bench.stop.request("stopped by SIGINT")
            raise Interrupted("stopped by SIGINT")

    remote.on_say = work
    record = bench.add(bench.pipeline(beside(say("a", "one"), say("b", "two"))))
    with pytest.raises(Interrupted):
        bench.carry(record)
    kept = {item.path: item.status for item in bench.journal.attempts(record.id)}
    assert kept == {"s/b": Status.SUCCEEDED}


def test_what_runs_side_by_side_may_not_read_each_other(bench):
    (fault,) = bench.faults(bench.pipeline(beside(say("a"), say("b", "<+steps.a.said>"))))
    assert "reads s/a, which has not run yet at this point" in fault
    below = group("g", say("c", "<+execution.steps.a.said>"))
    (fault,) = bench.faults(bench.pipeline(beside(say("a"), below)))
    assert "reads s/a, which has not run yet" in fault
    bench.plan(bench.pipeline(beside(say("a"), say("b")) + say("c", "<+steps.a.said>")))


def test_a_stop_while_steps_are_at_work_keeps_what_they_come_to(bench, remote):
    begun, go, both = threading.Event(), threading.Event(), threading.Barrier(2, timeout=20)

    def work(text):
        if text == "slow":
            both.wait()
            begun.set()
            go.wait(20)

    remote.on_say = work
    record = bench.add(bench.pipeline(beside(say("a", "slow"), say("b", "slow"))))
    stopper = threading.Thread(
        target=lambda: (begun.wait(20), bench.stop.request("stopped by SIGINT"), go.set())
    )
    stopper.start()
    with pytest.raises(Interrupted):
        bench.carry(record)
    stopper.join()
    kept = {item.path: item.status for item in bench.journal.attempts(record.id)}
    assert set(kept.values()) == {Status.SUCCEEDED}
    bench.reopen()
    remote.on_say = lambda text: pytest.fail(f"{text} is done already")
    assert bench.carry(record) is Status.SUCCEEDED


# Strategies


VARIABLES = f"[{{name: no, value: y}}, {{name: many, value: '{','.join(['x'] * 200)}'}}]"
LOOP = "{{identifier: a, type: Say, spec: {{text: '{text}'}}, strategy: {strategy}}}"


def loop(strategy, text="<+repeat.item>"):
    return "- step: " + LOOP.format(text=text, strategy=strategy) + "\n"


def items(bench):
    outputs = bench.of_kind("run_finished")[0].outputs
    return [outputs[path]["said"] for path in sorted(outputs) if "[" in path]


@pytest.mark.parametrize(
    ("strategy", "text", "expected"),
    [
        ("{repeat: {times: 3}}", "<+repeat.item>", [0, 1, 2]),
        ("{for: {iterations: 2}}", "<+repeat.item>", [0, 1]),
        ("{parallelism: 2}", "<+strategy.iteration>/<+strategy.iterations>", ["0/2", "1/2"]),
        ("{repeat: {items: [EU, US]}}", "<+repeat.item><+strategy.identifierPostFix>", None),
        ("{repeat: {items: '<+pipeline.variables.list>'}}", "<+repeat.item>", ["p", "q", "r", "s"]),
        ("{repeat: {items: '<+pipeline.variables.json>'}}", "<+repeat.item>", ["k", "l"]),
        (
            "{repeat: {items: '<+pipeline.variables.list>', start: 1, end: 3}}",
            "<+repeat.item>",
            ["q", "r"],
        ),
        (
            "{repeat: {items: '<+pipeline.variables.list>', end: 50, unit: Percentage}}",
            "<+repeat.item>",
            ["p", "q"],
        ),
        (
            "{repeat: {items: '<+pipeline.variables.list>', partitionSize: 3}}",
            "<+repeat.item>",
            ["p,q,r", "s"],
        ),
        (
            "{matrix: {where: [EU, US], what: [api, web], exclude: [{where: US, what: web}]}}",
            "<+matrix.where>-<+matrix.what>",
            ["EU-api", "EU-web", "US-api"],
        ),
        ("{matrix: {where: [EU]}, when: <+matrix.where> == 'EU'}", "<+matrix.where>", ["EU"]),
        ("{matrix: {where: [EU, US]}, when: <+matrix.where> == 'US'}", "<+matrix.where>", ["US"]),
    ],
)
def test_a_strategy_runs_a_step_for_each_item(bench, strategy, text, expected):
    variables = "[{name: list, value: 'p, q, r,s'}, {name: json, value: '[\"k\", \"l\"]'}]"
    assert bench.run(bench.pipeline(loop(strategy, text), variables=variables)) is Status.SUCCEEDED
    assert items(bench) == (expected or ["EU_0", "US_1"])


def test_the_items_of_a_loop_are_names_with_a_postfix_and_paths_with_a_number(bench):
    read = "<+execution.steps.a_1.said> <+execution.steps.a.status>"
    text = bench.pipeline(loop("{repeat: {items: [EU, US]}}") + say("b", read))
    assert bench.run(text) is Status.SUCCEEDED
    assert said(bench, "s/b") == "US Succeeded"
    assert [path for path, _ in ends(bench)] == ["s/a[0]", "s/a[1]", "s/a", "s/b", "s"]


def test_a_group_and_a_stage_may_be_multiplied_and_see_all_items_around_them(bench):
    inner = say("a", "<+matrix.where> <+repeat.item> <+stage.matrix.where>")
    more = "    strategy: {repeat: {items: [x, y]}}\n"
    text = bench.pipeline(
        group("g", inner, more=more),
        say("b", "<+pipeline.stages.s_1.spec.execution.steps.g_0.steps.a.said>"),
        s="        strategy: {matrix: {where: [EU, US]}}",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert said(bench, "t/b") == "US x US"
    assert "s[1]/g[0]/a" in bench.of_kind("run_finished")[0].outputs


def test_no_more_run_at_once_than_max_concurrency_says(bench, remote):
    at_work, most, lock = [0], [0], threading.Lock()

    def work(text):
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        threading.Event().wait(0.02)
        with lock:
            at_work[0] -= 1

    remote.on_say = work
    text = bench.pipeline(loop("{repeat: {times: 9, maxConcurrency: 3}}"))
    assert bench.run(text) is Status.SUCCEEDED
    assert 2 <= most[0] <= 3


def test_with_skip_queued_what_has_not_begun_is_left_out_after_a_failure(bench, remote):
    def work(text):
        if text == "1":
            raise StepFailed("no")

    remote.on_say = work
    rule = "repeat: {times: 5, maxConcurrency: 1}, onFailure: SkipQueued"
    assert bench.run(bench.pipeline(loop(f"{{{rule}}}"))) is Status.FAILED
    assert ends(bench)[:3] == [("s/a[0]", "Succeeded"), ("s/a[1]", "Failed"), ("s/a", "Failed")]


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("{repeat: {times: '<+pipeline.name>'}}", "`times` of the strategy must be a whole number"),
        ("{repeat: {items: '<+pipeline.sequenceId>'}}", "must yield a list, and yields 1"),
        ("{repeat: {times: 10001}}", "a strategy of 10001 items is too long: 10000 are the most"),
        (
            "{matrix: {a: '<+pipeline.variables.many>', b: '<+pipeline.variables.many>'}}",
            "a strategy of 40000 items is too long",
        ),
        ("{matrix: {a: '<+pipeline.variables.no>'}}", "'nothing' is not there"),
    ],
)
def test_a_strategy_that_yields_no_items_fails_and_says_why(bench, strategy, words):
    record = bench.add(bench.pipeline(loop(strategy, "x"), variables=VARIABLES))
    if "nothing" in words:
        plan = record.plan.replace("pipeline.variables.no", "pipeline.variables.nothing")
        record = bench.journal.add_run(replace(record, id="other", plan=plan))
    assert bench.carry(record) is Status.FAILED
    assert words in bench.of_kind("run_finished")[0].message


def test_a_secret_is_no_item(bench):
    record = bench.add(
        bench.pipeline(
            loop("{repeat: {items: ['<+pipeline.variables.no>']}}", "x"),
            variables="[{name: no, value: y}, {name: tok, type: Secret, value: account.x}]",
        )
    )
    plan = record.plan.replace("pipeline.variables.no", "pipeline.variables.tok")
    assert bench.carry(bench.journal.add_run(replace(record, id="o", plan=plan))) is Status.FAILED
    message = bench.of_kind("run_finished")[0].message
    assert "the items of the strategy are no JSON" in message
    assert "hunter22" not in message


@pytest.mark.parametrize("more", ["", ", start: 10, unit: Percentage", ", end: 3"])
def test_a_loop_over_nothing_is_skipped(bench, more):
    text = bench.pipeline(
        loop(f"{{repeat: {{items: '<+pipeline.variables.none>'{more}}}}}"),
        variables="[{name: none}]",
    )
    assert bench.run(text) is Status.SUCCEEDED
    assert ends(bench)[0] == ("s/a", "Skipped")


def test_a_loop_goes_on_where_it_was_and_over_the_same_items(bench, remote):
    class Killed(BaseException):
        pass

    def work(text):
        if text == "r":
            raise Killed

    remote.on_say = work
    rule = "{repeat: {items: '<+pipeline.variables.list>', maxConcurrency: 1}}"
    variables = "[{name: list, value: 'p,q,r'}]"
    record = bench.add(bench.pipeline(loop(rule) + say("z", "end"), variables=variables))
    with pytest.raises(Killed):
        bench.carry(record)
    bench.reopen()
    told = []
    remote.on_say = told.append
    assert bench.carry(record) is Status.SUCCEEDED
    assert told == ["r", "end"]
    assert items(bench) == ["p", "q", "r"]


@pytest.mark.parametrize(
    ("strategy", "fault"),
    [
        ("{repeat: {}}", "needs one of times and items"),
        ("{repeat: {times: x}}", "must be a whole number or an expression"),
        ("{matrix: {maxConcurrency: 2}}", "a matrix needs an axis"),
        ("{matrix: {a: x}}", "the axis 'a' must be a list, or an expression that yields one"),
        ("{matrix: {a: [x], exclude: [{b: x}]}}", "exclude names 'b', which is no axis"),
        ("{matrix: {a: [x]}, repeat: {times: 2}}", "needs one of matrix, repeat and parallelism"),
        ("{repeet: {times: 2}}", "repeat"),
        ("{repeat: {items: ['<+steps.z.said>']}}", "'steps.z.said' cannot be read"),
    ],
)
def test_a_strategy_that_cannot_be_is_refused_with_its_place(bench, strategy, fault):
    faults = bench.faults(bench.pipeline(loop(strategy, "x")))
    assert any(fault in line for line in faults), faults
    assert all(line.startswith("p.yaml:") for line in faults)


def test_the_name_of_an_item_has_no_effect_and_is_noted(bench):
    rule = "{matrix: {x: [1], nodeName: deploy_<+matrix.x>}}"
    source = parse(bench.pipeline(loop(rule, "<+matrix.x>")), "p.yaml")
    planned = make_plan(source, source.value, bench.types, None)
    assert [note.message for note in planned.notes] == ["`nodeName` has no effect here"]
    assert "nodeName" not in planned.plan.to_json()


def test_names_of_a_loop_exist_only_below_it(bench):
    (fault,) = bench.faults(bench.pipeline(say("a", "<+matrix.x>")))
    assert "`strategy`" in fault
    (fault,) = bench.faults(bench.pipeline(loop("{matrix: {x: [1]}}", "<+matrix.y>")))
    assert "'y' is not in 'matrix'" in fault


# Fibers


def test_fibers_go_on_when_they_are_woken_and_not_before():
    fibers, told = Fibers(), []

    def fiber(name):
        told.append(f"{name} begins")
        yield "key"
        told.append(f"{name} ends")

    fibers.start(fiber("a"))
    fibers.start(fiber("b"))
    fibers.run()
    fibers.wake("another key")
    fibers.run()
    assert told == ["a begins", "b begins"]
    fibers.wake("key")
    fibers.run()
    assert told[2:] == ["a ends", "b ends"]


def test_the_width_counts_what_is_under_way_side_by_side():
    fibers, widths = Fibers(), []

    def leaf(n):
        widths.append(fibers.width)
        yield f"leaf {n}"
        return n

    def root():
        found = yield from fibers.together([leaf(i) for i in range(3)], 2)
        widths.append(fibers.width)
        assert found == [0, 1, 2]

    fibers.start(root())
    fibers.run()
    for i in range(3):
        fibers.wake(f"leaf {i}")
        fibers.run()
    assert widths == [2, 2, 2, 1]


def test_gates_side_by_side_are_no_threads(bench):
    bench.see("K", "yes")
    rule = "strategy: {repeat: {times: 300}}"
    gate = f"- step: {{identifier: a, type: Await, spec: {{connectorRef: r, key: K}}, {rule}}}"
    before = threading.active_count()
    assert bench.run(bench.pipeline(gate + "\n")) is Status.SUCCEEDED
    assert threading.active_count() == before
    assert len(bench.of_kind("gate_opened")) == 300
