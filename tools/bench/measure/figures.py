"""Figures: what was measured, how often, and whether the goal is met."""
import json
import os
import statistics


def load_average():
    return os.getloadavg()[0]


def quantile(values, q):
    values = sorted(values)
    return values[min(len(values) - 1, int(q * len(values)))]


class Figures:
    """Collects runs of named figures in the order in which they first came."""

    def __init__(self):
        self.rows = {}

    def add(self, name, value, unit, goal=None, note=""):
        """One run of a figure. @param goal Such as `<= 2` or `>= 1e7`, in the figure's unit."""
        row = self.rows.setdefault(name, {"unit": unit, "goal": goal, "note": note, "runs": [], "load": []})
        row["runs"].append(float(value))
        row["load"].append(round(load_average(), 2))

    @staticmethod
    def is_met(value, goal):
        if not goal:
            return None
        sign, bound = goal.split()
        return value <= float(bound) if sign == "<=" else value >= float(bound)

    def summary(self):
        for name, row in self.rows.items():
            value = statistics.median(row["runs"])
            yield {"name": name, "median": value, "min": min(row["runs"]), "max": max(row["runs"]), "unit": row["unit"],
                   "goal": row["goal"], "met": self.is_met(value, row["goal"]), "runs": row["runs"],
                   "load_average": max(row["load"]), "note": row["note"]}

    def table(self):
        head = ("figure", "median", "min–max", "unit", "goal", "met", "load")
        lines = [head]
        for x in self.summary():
            spread = f"{text_of(x['min'])}–{text_of(x['max'])}" if len(x["runs"]) > 1 else "one run"
            met = {None: "", True: "yes", False: "NO"}[x["met"]]
            lines.append((x["name"], text_of(x["median"]), spread, x["unit"], x["goal"] or "", met,
                          f"{x['load_average']:.1f}"))
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)

    def write_json(self, path, machine):
        with open(path, "w", encoding="utf-8") as out:
            json.dump({"machine": machine, "figures": list(self.summary())}, out, indent=1, ensure_ascii=False)
            out.write("\n")


def text_of(x):
    if x == 0:
        return "0"
    if abs(x) >= 1e6:
        return f"{x / 1e6:.4g} M"
    return f"{x:.0f}" if abs(x) >= 1000 else f"{x:.4g}"


def machine():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {"processor": model, "cores": len(os.sched_getaffinity(0)), "memory_gb": round(pages / 1e9, 1),
            "kernel": os.uname().release}
