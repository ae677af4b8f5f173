"""Every option of etc/aops.toml is read by the product: one that nothing reads is a promise that is not kept."""
import pathlib
import re
import tomllib
import unittest

root = pathlib.Path(__file__).resolve().parents[2]


def names():
    """`section.key`, or `key` for those above all sections."""
    out = []
    for key, value in tomllib.loads((root / "etc/aops.toml").read_text(encoding="utf-8")).items():
        out += [f"{key}.{x}" for x in value] if isinstance(value, dict) else [key]
    return out


def sources():
    """Product code, without the list of options itself and without comments."""
    for folder in ("actors", "cli/node", "http", "runtime"):
        for file in sorted((root / folder).rglob("*.?pp")):
            if file.name.startswith("config_options") or file.name == "config.hpp":
                continue
            text = file.read_text(encoding="utf-8")
            if file.name == "config.cpp":  # What is checked is not used yet.
                text = re.sub(r"^expected<void> check_together\(.*?^}", "", text, flags=re.DOTALL | re.MULTILINE)
            yield re.sub(r"//[^\n]*", "", text)


def is_read(name, texts):
    section, _, key = name.rpartition(".")
    if not section:
        return any(re.search(rf"(?:\.|->){key}\b", x) for x in texts)
    for text in texts:
        if re.search(rf"(?:\.|->){section}\.{key}\b", text):
            return True
        # `const auto& s = config.section;`, and then `s.key`.
        for alias in re.findall(rf"\bauto& (\w+) = [\w.>\-*()]*(?:\.|->){section};", text):
            if re.search(rf"\b{alias}\.{key}\b", text):
                return True
    return False


class options(unittest.TestCase):
    def test_each_is_read_by_the_product(self):
        texts = list(sources())
        known = names()
        self.assertGreater(len(known), 60)
        self.assertEqual([x for x in known if not is_read(x, texts)], [])

    def test_one_that_nothing_reads_is_found(self):
        texts = list(sources())
        for name in ("auth.moon_phase", "store.moon_phase", "moon_phase"):
            self.assertFalse(is_read(name, texts))
        self.assertTrue(is_read("store.queue_max", texts))


if __name__ == "__main__":
    unittest.main()
