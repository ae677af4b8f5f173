"""Reasons that nodes give, in Chinese on Chinese pages (`http/ui/src/text/reasons.ts`): each stands in the sources as the table
has it, those that an operator meets are all there, and what is not known stays as it is.
"""
import functools
import pathlib
import re
import time
import unittest

from reason_texts import texts_of
from web_text_test import dictionary, from_pages

TOP = pathlib.Path(__file__).resolve().parents[2]
TABLE = TOP / "http/ui/src/text/reasons.ts"
FOLDERS = ("messages", "runtime", "actors", "http")

# Where reasons are made: each of their texts is in the table.
MAKERS = """
    runtime/io/net/transfer.cpp runtime/io/scrape/exposition.cpp runtime/io/scrape/page_reader.cpp runtime/io/scrape/scrape_request.cpp
    actors/host/exporter_source.cpp actors/host/host_ask.hpp actors/host/host_lines.cpp actors/host/host_outside.cpp
    actors/host/line_reader.cpp actors/host/prometheus_history.cpp actors/host/prometheus_reader.cpp actors/host/push_source.cpp
    actors/host/round_watch.cpp actors/host/upstream_knowledge.cpp runtime/core/push/pushed_rounds.cpp actors/push/push_intake.cpp
    actors/push/series_split.cpp
    runtime/core/check/delivered_run.cpp runtime/core/check/flapping.cpp runtime/core/check/lack.cpp
    runtime/core/check/learned_rule.cpp runtime/core/check/log_checker.cpp runtime/core/check/log_judge.cpp
    runtime/core/check/plugin_terms.cpp runtime/core/check/query_engine.cpp runtime/core/check/query_plan.cpp
    runtime/core/check/rule_engine.cpp runtime/core/check/rule_judge.cpp runtime/core/check/rule_judge.hpp
    runtime/core/check/rule_limits.cpp runtime/core/check/rule_set.cpp runtime/core/check/run.cpp
    runtime/core/check/series_knowledge.cpp runtime/core/check/trial.cpp runtime/core/check/typed_condition.cpp
    runtime/core/expr/compiler.cpp runtime/core/expr/lexer.cpp runtime/core/expr/operators.hpp runtime/core/expr/parser.cpp
    runtime/core/expr/parser_calls.cpp runtime/core/expr/program.cpp
    runtime/core/fault/condition.cpp runtime/core/fault/expand.cpp runtime/core/fault/leaf_item.cpp runtime/core/fault/plan.cpp
    runtime/core/fault/report.cpp runtime/core/fault/tree.cpp runtime/core/fault/tree_builder.cpp
    actors/check/check_intake.cpp actors/diag/alert_groups.cpp actors/diag/diag_intake.cpp actors/jobs/unit_runner.cpp
    actors/task/run_desk.cpp actors/task/run_job.cpp actors/task/run_job.hpp actors/task/run_load.cpp actors/task/run_play.cpp
    actors/task/run_remnants.cpp runtime/core/task/cron.cpp runtime/core/task/parameters.cpp runtime/core/task/playbook.cpp
    runtime/core/task/run_machine.cpp runtime/core/task/run_plan.cpp runtime/core/task/settings.cpp runtime/core/task/steps.cpp
    runtime/core/task/template_warnings.cpp runtime/io/ansible/host_keys.cpp runtime/io/ansible/key_scan.cpp
    actors/remote/config_work.cpp actors/remote/open_targets.cpp actors/remote/short_plays.cpp
    actors/tracing/domain_work.cpp actors/tracing/history_work.cpp actors/tracing/items_under_way.cpp actors/tracing/known_work.cpp
    actors/tracing/look.cpp actors/tracing/sync.cpp actors/tracing/sync_under_way.cpp actors/tracing/tracing.cpp
    actors/logs/host_logs.cpp actors/logs/line_answers.cpp actors/logs/opensearch_lines.cpp runtime/core/logs/line_query.cpp
    actors/topology/host_topology.cpp actors/cluster/node_survey.hpp actors/cluster/route_book.cpp
    actors/supervisor/supervision.cpp actors/support/call.cpp actors/support/directory.cpp
    actors/store/account_store.cpp actors/store/host_store.cpp actors/store/rule_store.cpp actors/store/silence_store.cpp
    actors/store/user_store.cpp actors/store/vault_keeper.cpp
    runtime/base/fair_queue.cpp runtime/base/json_codec.hpp runtime/base/json_values.cpp
""".split()
# What stands there and is no reason, or one that nobody sees but who asks without the pages.
OTHERS = {
    "Accept: text/plain;version=0.0.4;q=1,*/*;q=0.1", "node name", "check item", "child {}", ',"reason":"No facts of this host"}',
    "{}Also accepted as `{}`.", "without (instance)", "without `by (instance)`", "Host key verification failed", "Not a directory",
    "{} {}, {} not: {}: {}", "Delete {}", "Set {}", "bounds_ms: 2 to 10000 moments, in their order",
    "host_id, check_items: must not be empty",
}


@functools.cache
def table(name="reasons"):
    """Chinese by English, of one of the tables."""
    text = TABLE.read_text(encoding="utf-8")
    body = re.search(rf"export const {name}: [^=]*= \{{\n(.*?)\n\}}\n", text, re.DOTALL)[1]
    quoted = r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\""
    out = {}
    for line in body.splitlines():
        if not line.strip() or line.startswith("  //"):
            continue
        found = re.fullmatch(rf"  (?:{quoted}|(\w+)): (?:{quoted}),", line)
        assert found, line
        plain = [x.replace("\\\\", "\\").replace("\\'", "'").replace('\\"', '"') if x is not None else None for x in found.groups()]
        key = next(x for x in plain[:3] if x is not None)
        assert key not in out, f"{key}: stands there twice"
        out[key] = next(x for x in plain[3:] if x is not None)
    return out


@functools.cache
def sources():
    """The texts of each source by its path. Modules that run on hosts are Python."""
    out = {}
    for folder in FOLDERS:
        for path in sorted((TOP / folder).rglob("*.?pp")):
            out[str(path.relative_to(TOP))] = list(texts_of(path.read_text(encoding="utf-8")))
    for path in (TOP / "runtime/io/ansible/modules").glob("*.py"):
        out[str(path.relative_to(TOP))] = [(x, True) for x in re.findall(r'"([^"\\\n]+)"', path.read_text(encoding="utf-8"))]
    return out


def pieces(text):
    return [x.strip() for x in text.split("{}") if x.strip()]


def without_field(text):
    """`host_list: is missing` says so of a field."""
    return re.sub(r"^(?:(?:[\w.:]|\[\{\}\]|\{\}(?=[.:[]))+: (?=.))+", "", text)


def is_sentence(text):
    return bool(re.search(r"[a-z]{2}\S* [a-z`'\"({]|\} [a-z]{2}", text)) and not re.match(r"\s*(select|insert|update|delete) ", text)


def filled(text, told):
    """A text as a node would give it."""
    kinds = {int(n): kind for n, kind in re.findall(r"\{(\d)([#?!]?)\}", told)}
    values = {"": "web 1", "#": "7", "?": "did not answer", "!": "did not answer"}
    count = iter(range(1, 10))
    return re.sub(r"\{\}", lambda _: values[kinds[next(count)]], text)


class reasons(unittest.TestCase):
    maxDiff = None

    def test_each_stands_in_the_sources(self):
        whole = {text for texts in sources().values() for x, _ in texts for text in (x, without_field(x))}
        joined = [[text for text, _ in texts] for texts in sources().values()]
        gone = [key for key in table() if key not in whole and not any(
            all(any(piece in text for text in texts) for piece in pieces(key)) for texts in joined)]
        self.assertEqual(gone, [], "a reason was changed: its Chinese is never shown again")

    def test_a_changed_word_is_found(self):
        whole = {text for texts in sources().values() for x, _ in texts for text in (x, without_field(x))}
        self.assertIn("refused the connection at {}", whole)
        self.assertNotIn("refused a connection at {}", whole)

    def test_both_have_the_same_places(self):
        wrong = {key: told for key, told in table().items()
                 if sorted(set(re.findall(r"\{(\d)", told))) != [str(n) for n in range(1, key.count("{}") + 1)]}
        self.assertEqual(wrong, {})

    def test_where_reasons_are_made_all_are_known(self):
        known = {**dictionary(), **table()}
        parts = [piece for key in known for piece in pieces(key)]
        lacking, seen = {}, set()
        for path in MAKERS:
            for text, is_told in sources()[path]:
                told = without_field(text)
                seen |= {text} & OTHERS
                if not is_told or not is_sentence(told) or text in OTHERS or {text, told} & known.keys():
                    continue
                # What is put on to a text, or is put before one.
                if not all(any(piece in part for part in parts) for piece in pieces(told)):
                    lacking.setdefault(path, []).append(text)
        self.assertEqual(lacking, {})
        self.assertEqual(OTHERS - seen, set(), "they stand there no more")

    def test_each_is_told_in_chinese(self):
        given = [filled(key, told) for key, told in table().items()]
        told = from_pages("text/reasons.ts", "given.map(it.inChinese)", given)
        self.assertEqual([x for x, y in zip(given, told) if not re.search("[\u4e00-\u9fff]", y)], [])

    def test_the_dictionary_says_the_same(self):
        both = table().keys() & dictionary().keys()
        self.assertEqual({x: (table()[x], dictionary()[x]) for x in both if table()[x] != dictionary()[x]}, {})

    def test_kinds_of_errors_are_those_of_the_contract(self):
        text = (TOP / "messages/return_code.hpp").read_text(encoding="utf-8")
        self.assertEqual(table("codes").keys(), set(re.findall(r'outcome\{\s*ec::\w+,\s*"(\w+)"', text)))

    def test_reasons_are_put_together(self):
        cases = {
            "exporter refused the connection at 127.0.0.1:9100": "采集端拒绝连接（127.0.0.1:9100）",
            "exporter did not answer within 1.5 s at web1:9100 (192.0.2.1)": "采集端在 1.5 秒内没有应答（web1:9100 (192.0.2.1)）",
            "host_list[0].public_ip: must not be empty": "host_list[0].public_ip：不能为空",
            "timed_out: no answer in 500 ms": "超时：500 毫秒内没有应答",
            "no host has load1 without labels; there are {cpu=0}": "没有主机有不带标签的序列 load1；现有 {cpu=0}",
            "7 series match, 5 are judged (check.max_instances)": "匹配到 7 条序列，只判断 5 条（check.max_instances）",
            "flapping: it changed in 6 of the last 20 rounds": "反复变化：最近 20 轮中有 6 轮发生变化",
            "condition: line 1, position 4: unexpected ')'": "condition：第 1 行第 4 个字符：意外的 ')'",
            "stopped by its user; what it left running on 2 hosts could not be ended": "由用户停止；它在 2 台主机上遗留的进程未能结束",
            "not done in time: its step has 5 s": "未及时完成：步骤限时 5 秒",
            "nothing was pushed since 2026-11-30 10:00:00; 3 samples came too late":
                "自 2026-11-30 10:00:00 起没有推送任何内容；3 个样本来得太晚",
            '"overload" > "busy": "condition" must be a text that is not empty': '"overload" > "busy"："condition" 必须是非空文本',
            "internal: exception: bad_alloc": "内部错误：异常：bad_alloc",
        }
        self.assertEqual(dict(zip(cases, from_pages("text/reasons.ts", "given.map(it.inChinese)", list(cases)))), cases)

    def test_what_is_not_known_stays(self):
        given = ["", ": ", "{}", "constructor", "toString: x", "exporter", "exporter is on holiday", "the disk of no such host is full",
                 "oom-killer: Killed process 7 (mysqld)", "service is down, the mail said, and web1 is down",
                 "x" * 600 + " is down", "__proto__: is missing of nobody"]
        self.assertEqual(from_pages("text/reasons.ts", "given.map(it.inChinese)", given), given)

    def test_names_within_a_reason_stay(self):
        told = from_pages("text/reasons.ts", "given.map(it.inChinese)", ["needs the vault key of cancelled", "no series {1}", "no host is instance $&"])
        self.assertEqual(told, ["需要 cancelled 的保险库密钥", "没有序列 {1}", "没有主机是实例 $&"])

    def test_hostile_texts_cost_little(self):
        # Each another one: what was looked up is remembered.
        given = ["a: " * 166, "exporter " * 55, "; " * 249, "unreachable: " * 38, "{" * 500, " within  s at " * 35, "(seen , as before at )" * 22]
        begin = time.monotonic()
        told = from_pages("text/reasons.ts", "given.map((x) => Array.from({ length: 200 }, (_, n) => it.inChinese(x.slice(0, 495) + n)).length)", given)
        self.assertEqual(told, [200] * len(given))
        self.assertLess(time.monotonic() - begin, 20)


if __name__ == "__main__":
    unittest.main()
