#!/usr/bin/python3
"""A plug-in of aops-node: an exponentially weighted mean and its deviation, per series.

    [plugins.ewma]
    command = ["/usr/bin/python3", "/usr/lib/aops/plugins/ewma.py"]

A rule with `plugin: ewma` has its parameters in its condition, such as `alpha=0.1 sigmas=4`. The protocol is that of
docs/plugins.md; nothing but the standard library is needed. Also a sample to begin one's own plug-in with: `Model` is
what is specific.
"""
import collections
import json
import math
import sys

PROTOCOL = 1
# Series remembered. Of what is forgotten the node is told, and has it learned again.
MOST_SERIES = 20000

DEFAULTS = {
    "alpha": 0.1,    # weight of a new sample, above 0, at most 1
    "sigmas": 4.0,   # so many deviations away are abnormal
    "warmup": 20.0,  # samples before anything is judged
    "floor": 0.02,   # the deviation is at least this share of the mean
}


class Refused(Exception):
    """What the node is told instead of an answer."""


def parameters_of(request):
    values = dict(DEFAULTS)
    for name, text in request.get("parameters", {}).items():
        if name not in values:
            raise Refused("%s: unknown parameter" % name)
        try:
            values[name] = float(text)
        except ValueError:
            raise Refused("%s: is no number" % name) from None
    if not 0 < values["alpha"] <= 1:
        raise Refused("alpha: must be above 0, at most 1")
    if not values["sigmas"] > 0:
        raise Refused("sigmas: must be above 0")
    return values


class Model:
    """One series: how it usually is."""

    def __init__(self):
        self.seen = 0
        self.mean = 0.0
        self.variance = 0.0

    def bounds(self, values):
        deviation = max(math.sqrt(self.variance), values["floor"] * abs(self.mean))
        return self.mean - values["sigmas"] * deviation, self.mean + values["sigmas"] * deviation

    def take(self, x, values):
        self.seen += 1
        if self.seen == 1:
            self.mean = x
            return
        # As a plain mean at first: one odd first sample must not count for long.
        weight = max(values["alpha"], 1.0 / self.seen)
        off = x - self.mean
        self.mean += weight * off
        self.variance = (1 - weight) * (self.variance + weight * off * off)

    def judge(self, time, x, values):
        if self.seen < values["warmup"]:
            self.take(x, values)
            return {"time": time, "state": "unknown"}
        low, high = self.bounds(values)
        said = {"time": time, "state": "ok", "expected": self.mean, "low": low, "high": high}
        if not low <= x <= high:
            said["state"] = "abnormal"
        # What is far off moves the mean as far as the bound only.
        self.take(min(max(x, low), high), values)
        return said


class Plugin:
    def __init__(self):
        self.models = collections.OrderedDict()

    def describe(self, request):
        if request.get("protocol") != PROTOCOL:
            raise Refused("speaks protocol %d" % PROTOCOL)
        return {"protocol": PROTOCOL, "name": "ewma", "version": "1", "parameters": sorted(DEFAULTS)}

    def learn(self, request):
        values = parameters_of(request)
        for series in request["series"]:
            model = self.models[series["key"]] = Model()
            self.models.move_to_end(series["key"])
            for _, x in series["points"]:
                model.take(x, values)
            while len(self.models) > MOST_SERIES:
                self.models.popitem(last=False)
        return {}

    def judge(self, request):
        values = parameters_of(request)
        answer = {"series": [], "unknown": []}
        for series in request["series"]:
            model = self.models.get(series["key"])
            if model is None:
                answer["unknown"].append(series["key"])
                continue
            self.models.move_to_end(series["key"])
            points = [model.judge(time, x, values) for time, x in series["points"]]
            answer["series"].append({"key": series["key"], "points": points})
        return answer


def main():
    plugin = Plugin()
    methods = {"describe": plugin.describe, "learn": plugin.learn, "judge": plugin.judge}
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = methods[request["method"]](request)
        except Refused as refused:
            answer = {"error": str(refused)}
        except Exception as fault:  # Said to the node, which logs it; the next request may be fine.
            answer = {"error": "%s: %s" % (type(fault).__name__, fault)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
