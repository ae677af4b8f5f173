"""Compares what was acknowledged with what is stored, and keeps watch over who writes under which epoch.

`verdict.problems` is empty when nothing was lost, nothing is there twice, every round of every host was judged or its
absence has a reason, and nothing was written under an epoch that was over.
"""
from collections import defaultdict, namedtuple

from waiting import wait_until

ALWAYS = "always"  # The rule that is abnormal at each round: its intervals are what was judged.
SILENT = "No data"  # What a round of a host that did not answer in time is judged.
missed = namedtuple("missed", "host item start_ms end_ms reason")
verdict = namedtuple("verdict", "problems missed figures")

WATCH = """
delimiter //
create database if not exists drill //
create table if not exists drill.event (n bigint not null auto_increment primary key, kind varchar(20) not null,
  entity varchar(128) not null, slot bigint not null, epoch bigint not null, at_ms bigint not null) engine = InnoDB //
create or replace trigger {db}.drill_cursor before update on {db}.host_cursor for each row begin
  declare s bigint; declare e bigint;
  if new.epoch <> old.epoch then
    select slot into s from {db}.host where n = new.host;
    select epoch into e from {db}.slot where slot = s;
    insert into drill.event (kind, entity, slot, epoch, at_ms) values
      (if(new.epoch = e, 'sample', 'stale sample'), new.host, s, new.epoch, unix_timestamp(sysdate(3)) * 1000);
  end if;
  if new.until_ms < old.until_ms then
    insert into drill.event (kind, entity, slot, epoch, at_ms) values ('cursor fell', new.host, 0, new.epoch, 0);
  end if;
end //
create or replace trigger {db}.drill_job before update on {db}.job for each row begin
  declare e bigint;
  if new.finished < old.finished then
    insert into drill.event (kind, entity, slot, epoch, at_ms) values ('job fell', new.id, new.slot, new.epoch, 0);
  elseif new.finished > old.finished then
    select epoch into e from {db}.slot where slot = new.slot;
    if new.epoch <> e then
      insert into drill.event (kind, entity, slot, epoch, at_ms) values ('stale step', new.id, new.slot, new.epoch, 0);
    elseif new.epoch <> old.epoch then
      insert into drill.event (kind, entity, slot, epoch, at_ms) values
        ('step', new.id, new.slot, new.epoch, unix_timestamp(sysdate(3)) * 1000);
    end if;
  end if;
end //
"""


class watch:
    """Triggers in the store: the first sample and the first job step under each new epoch, and each stale write.

    What a transaction notes here goes with it when it is rolled back, so a note is a write that was committed.
    """

    def __init__(self, store):
        self.store = store
        store.script(WATCH.format(db=store.view.database))

    def epochs(self, slots=None):
        """Slot → (node, epoch)."""
        return {int(slot): (node, int(epoch)) for slot, node, epoch in self.store.rows("select slot, node, epoch from slot")
                if slots is None or int(slot) in slots}

    def first(self, kind, before):
        """When something of this kind first happened in these slots under a later epoch than `before` says; or None."""
        rows = self.store.rows(f"select slot, epoch, at_ms from drill.event where kind = '{kind}' order by n")
        times = [int(at) for slot, epoch, at in rows if int(slot) in before and int(epoch) > before[int(slot)][1]]
        return min(times, default=None)

    def all_sampled(self, before):
        """When the last host of these slots got its first sample under a later epoch; None while one has none."""
        slots = ",".join(str(x) for x in before)
        hosts = [int(n) for (n,) in self.store.rows(f"select n from host where slot in ({slots})")]
        rows = self.store.rows("select entity, slot, epoch, at_ms from drill.event where kind = 'sample' order by n")
        found = {}
        for entity, slot, epoch, at in rows:
            if int(slot) in before and int(epoch) > before[int(slot)][1]:
                found.setdefault(int(entity), int(at))
        return max(found.values(), default=None) if all(x in found for x in hosts) else None

    def stale(self):
        kinds = "('stale sample', 'stale step', 'cursor fell', 'job fell')"
        return self.store.rows(f"select kind, entity, slot, epoch from drill.event where kind in {kinds}")


def wait_for_end(store, acknowledged, deadline=180):
    """Until every acknowledged job has ended."""
    wanted = {x.task for x in acknowledged}

    def open_jobs():
        rows = store.rows("select id, state from job where state in ('pending', 'running')")
        return [x for x in rows if x[0] in wanted]
    wait_until(lambda: not open_jobs(), deadline, f"the end of {len(wanted)} jobs", 0.2)


def check(store, acknowledged, period_ms, watcher=None, end_ms=None):
    """Call `wait_for_end` before, with the load stopped. @param end_ms Until when rounds must have been judged."""
    problems = []
    figures = check_jobs(store, acknowledged, problems)
    check_results(store, problems)
    found = check_coverage(store, period_ms, problems, figures, end_ms)
    if watcher:
        problems += [f"written under an epoch that was over: {row}" for row in watcher.stale()]
    return verdict(problems, found, figures)


def check_jobs(store, acknowledged, problems):
    columns = "id, kind, state, expected, finished, failed, last_number, n"
    jobs = {row[0]: row for row in store.rows(f"select {columns} from job")}
    counts = {int(job): tuple(map(int, row)) for job, *row in store.rows(
        "select job, count(*), count(distinct report_id), min(number), max(number), count(distinct number) "
        "from report group by job")}
    twice = store.rows("select job, host_id, tree_name, start_ms, end_ms, count(*) from report "
                       "group by job, host_id, tree_name, start_ms, end_ms having count(*) > 1")
    problems += [f"a report is there twice: {row}" for row in twice]
    errors = dict(store.rows("select r.job, count(*) from report r join report_body b on b.report = r.n "
                             "where b.error <> '' group by r.job"))
    lost = 0
    for x in acknowledged:
        row = jobs.get(x.task)
        if row is None:
            lost += 1
            problems.append(f"{x.kind} job {x.task} was acknowledged by {x.node} and is not stored")
            continue
        _, kind, state, expected, finished, failed, last_number, n = row
        if state != "done" or (int(expected), int(finished), int(failed)) != (x.expected, x.expected, 0):
            problems.append(f"{x.kind} job {x.task}: {state}, {finished} of {expected} finished, {failed} failed; "
                            f"{x.expected} were acknowledged")
        if x.kind == "diag":
            has = counts.get(int(n), (0,) * 5)
            if has != (x.expected, x.expected, 1, x.expected, x.expected) or int(last_number) != x.expected:
                problems.append(f"diag job {x.task}: reports, ids, first, last, numbers are {has} of {x.expected}")
            if n in errors:
                problems.append(f"diag job {x.task}: {errors[n]} reports hold an error")
    return {"acknowledged": len(acknowledged), "lost": lost, "twice": len(twice),
            "reports": sum(x[0] for x in counts.values())}


def check_results(store, problems):
    """No two intervals of a rule overlap: what was judged twice replaced what was there. Only a checked range without any
    round is `No data` up to its end, where the first round may be."""
    before = {}
    for host, item, start, end, value in store.rows(
            "select host, check_item, start_ms, end_ms, value from check_result where origin = 0 "
            "order by host, check_item, start_ms, end_ms"):
        last = before.get((host, item))
        if last and int(start) < last[1] + (last[2] != "No data"):
            problems.append(f"results of host {host}, {item} overlap: {last} and {(int(start), int(end), value)}")
        before[host, item] = (int(start), int(end), value)


def check_coverage(store, period_ms, problems, figures, end_ms):
    cursors = store.rows("select h.n, h.name, h.slot, c.since_ms, c.until_ms, c.epoch from host h "
                         "left join host_cursor c on c.host = h.n")
    samples = defaultdict(set)
    for host, at in store.rows("select host, time_ms from sample"):
        samples[host].add(int(at))
    chunks, abnormal, silent, gaps = defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list)
    for host, start, end in store.rows("select host, from_ms, until_ms from sample_chunk"):
        chunks[host].append((int(start), int(end)))
    for host, start, end, value in store.rows("select host, start_ms, end_ms, value from check_result where origin = 0 "
                                              f"and check_item = '{ALWAYS}' and value in ('Abnormal', '{SILENT}')"):
        (abnormal if value == "Abnormal" else silent)[host].append((int(start), int(end)))
    absent = [missed(host, item, int(start), int(end), reason) for host, item, start, end, reason in
              store.rows("select host, check_item, start_ms, end_ms, reason from deviation")]
    for x in absent:
        if x.item in ("", ALWAYS):
            gaps[x.host].append((x.start_ms, x.end_ms))
    figures["rounds"] = figures["holes"] = 0
    for host, name, _, since, until, _ in cursors:
        if since is None:
            problems.append(f"{name} was never sampled")
            continue
        if end_ms and int(until) < end_ms:
            problems.append(f"{name} is judged until {until} only, {end_ms - int(until)} ms before the end")
        for at in range(int(since), int(until) + 1, period_ms):
            figures["rounds"] += 1
            if within(gaps[host], at):
                continue
            if at not in samples[host] and not within(chunks[host], at):
                figures["holes"] += 1
                problems.append(f"{name} has no sample at {at}, and nothing says why")
            elif within(abnormal[host], at):
                continue
            elif within(silent[host], at):
                absent.append(missed(host, ALWAYS, at, at, SILENT))
            else:
                figures["holes"] += 1
                problems.append(f"{name} was not judged by `{ALWAYS}` at {at}, and nothing says why")
    figures["missed"] = sum((x.end_ms - x.start_ms) // period_ms + 1 for x in absent)
    return absent


def within(spans, at):
    return any(start <= at <= end for start, end in spans)
