"""The document of the message queue against AsyncAPI's own schema, which comes from npm as its authors publish it."""
import json
import pathlib
import subprocess
import unittest

import schema_tester
from exporter import free_port
from node import node

SPECS = "@asyncapi/specs@6.11.1"
SCHEMA = "package/schemas/3.0.0.json"
JUDGE = """
import json, sys
import jsonschema_rs
schema, document = (json.load(open(x)) for x in sys.argv[1:])
for x in jsonschema_rs.validator_for(schema).iter_errors(document):
    print("/".join(map(str, x.instance_path)), x.message[:300])
"""


def schema():
    """AsyncAPI's schema, in the cache of the tests."""
    folder = schema_tester.cached("asyncapi-" + SPECS.rpartition("@")[2], lambda folder: (
        folder.mkdir(),
        schema_tester.run(["npm", "pack", "--silent", "--pack-destination", folder, SPECS], 120),
        schema_tester.run(["tar", "-xzf", *folder.glob("*.tgz"), "-C", folder, SCHEMA], 60)))
    return folder / SCHEMA


class asyncapi(unittest.TestCase):
    def faults(self, document):
        path = pathlib.Path(self.it.folder) / "asyncapi.json"
        path.write_text(json.dumps(document))
        done = subprocess.run([schema_tester.environment() / "python", "-c", JUDGE, schema(), path],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=120, check=True, text=True)
        return done.stdout

    def test_it_is_valid(self):
        # No broker has to be there for it.
        self.it = node("kafka.enabled=true", f"kafka.brokers=127.0.0.1:{free_port()}")
        self.addCleanup(self.it.close)
        status, _, text = self.it.admin().send("GET", "/asyncapi.json")
        self.assertEqual(status, 200)
        document = json.loads(text)
        self.assertEqual(self.faults(document), "")
        # The judge finds what is wrong.
        del document["info"]["title"]
        self.assertIn("title", self.faults(document))


if __name__ == "__main__":
    unittest.main()
