"""Templates from folders and archives, packages and schedules, by REST and the command line."""
import base64
import hashlib
import io
import os
import pathlib
import re
import tarfile
import unittest

from node import node
from user import user
from waiting import wait_until

ROLE = "- ansible.builtin.debug: {msg: '{{ port }} {{ typo }}'}\n"
MANIFEST = """\
name: sample
description: A sample.
idempotent: true
parameters:
  - {name: port, type: port, default: 8080}
"""


def packed(*entries):
    """An archive; an entry is (name, content), or a TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


class packages(user):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = cls.node.client()
        cls.api.login()

    def folder(self, name, manifest=MANIFEST, playbook="- {hosts: all, roles: [r]}\n", role=ROLE):
        top = pathlib.Path(self.home) / name
        (top / "roles/r/tasks").mkdir(parents=True, exist_ok=True)
        (top / "aops.yml").write_text(manifest)
        (top / "site.yml").write_text(playbook)
        (top / "roles/r/tasks/main.yml").write_text(role)
        return str(top)

    def upload(self, name, content, piece=1000, total=None, sha256=None):
        """Sends an archive; the last answer."""
        at = 0
        while True:
            reply = self.api.post("/manage/package/upload", {
                "package_name": name, "sha256": sha256 or hashlib.sha256(content).hexdigest(),
                "total_bytes": total or len(content), "offset": at,
                "content": base64.b64encode(content[at:at + piece]).decode()})
            if reply["code"] != 200 or reply["is_complete"] or reply["received_bytes"] >= len(content):
                return reply
            at = reply["received_bytes"]

    def names(self):
        return [x["package_name"] for x in self.api.good("/manage/package/get", {"package_list": []})["package_infos"]]

    def test_what_the_page_shows_is_taken(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/tasks.md").read_text(encoding="utf-8")
        (manifest,) = re.findall(r"^```yaml manifest\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        (parameters,) = re.findall(r"^```yaml parameters\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        shown = manifest[:manifest.index("parameters:")] + "parameters:\n" + parameters
        self.aops("template", "import", self.folder("page", manifest), "--replace")
        self.aops("template", "import", self.folder("page", shown), "--replace")

    def test_a_folder_becomes_a_template_with_versions(self):
        done = self.aops("template", "import", self.folder("one"))
        self.assertIn("nothing defines `typo`", done.stderr)
        self.aops("template", "import", self.folder("one"), code=1)  # There is one.
        again = self.folder("one", role=ROLE.replace("typo", "port"))
        done = self.aops("template", "import", again, "--replace")
        self.assertNotIn("warning", done.stderr)
        self.assertEqual([x["version"] for x in self.json("template", "versions", "sample")["versions"]], [2, 1])
        diff = self.aops("template", "diff", "sample").stdout
        self.assertTrue(diff.startswith("--- sample version 1\n+++ sample version 2\n"), diff)
        self.assertRegex(diff, r"(?m)^-\d+ [0-9a-f]+ roles/r/tasks/main.yml$")
        (shown,) = self.api.good("/manage/template/get", {"template_list": ["sample"]})["template_infos"]
        self.assertEqual((shown["version"], shown["idempotent"], shown["description"]), (2, True, "A sample."))
        self.assertEqual(shown["template_content"], [{"hosts": "all", "roles": ["r"]}])
        refused = self.api.post("/manage/task/generate", {
            "task_name": "t", "description": "", "template_name": ["sample"], "vars": {"port": "http"}})
        self.assertEqual((refused["code"], refused["detail"]), (1000, "vars.port: must be a whole number"))

    def test_what_is_wrong_in_a_folder_is_told_with_its_line(self):
        broken = self.folder("two", manifest=MANIFEST.replace("type: port", "type: prt"))
        done = self.aops("template", "import", broken, code=1)
        self.assertIn("aops.yml.parameters[0].type: must be one of", done.stderr)
        self.assertIn("(line 5, column", done.stderr)

    def test_wrong_archives_are_refused_with_the_entry_and_leave_nothing(self):
        bomb = packed(("bomb", bytes(64 << 20)))
        for content, why in ((packed(("../up", b"x")), "entry `../up` leaves the archive"),
                             (packed(("/etc/x", b"x")), "entry `/etc/x` is an absolute path"),
                             (packed(link("l", "/etc/passwd")), "entry `l` is a link to an absolute path"),
                             (packed(link("a/l", "../../x")), "entry `a/l` is a link that leads out"),
                             (packed(("a", b"x"), link("b", "a", tarfile.LNKTYPE)), "entry `b` is a hard link"),
                             (packed(link("dev", "", tarfile.CHRTYPE)), "entry `dev` is a device"),
                             (bomb, "entry `bomb` is a bomb"),
                             (b"no archive", "the archive is neither tar.gz nor zip"),
                             (packed(("a", os.urandom(5000)))[:-1000], None)):
            reply = self.upload("bad", content, piece=700_000)
            self.assertEqual(reply["code"], 1000, why)
            if why:
                self.assertIn(why, reply["detail"])
        reply = self.upload("bad", packed(("a", b"x")), sha256="0" * 64)
        self.assertIn("sha256: the archive has another one", reply["detail"])
        self.assertNotIn("bad", self.names())
        # The next one begins anew, whatever was there.
        self.assertTrue(self.upload("bad", packed(("a", b"x")))["is_complete"])
        self.assertIn("bad", self.names())

    def test_each_input_that_is_wrong_names_its_field_and_nothing_of_it_stays(self):
        play = [{"hosts": "all", "tasks": [{"ansible.builtin.ping": {}}]}]
        self.api.good("/manage/template/import", {"template_name": "fine", "template_content": play, "description": ""})
        task = self.api.good("/manage/task/generate", {"task_name": "fine", "description": "", "template_name": ["fine"]})["task_id"]
        counts = lambda: [self.api.good(path, body)["total_count"] for path, body in (
            ("/manage/template/get", {"template_list": []}), ("/manage/task/get", {"task_list": []}),
            ("/manage/package/get", {"package_list": []}), ("/manage/task/schedule/get", {"schedule_list": []}))]
        before = counts()
        template = {"template_name": "bad", "template_content": play, "description": ""}
        generate = {"task_name": "bad", "description": "", "template_name": ["fine"]}
        schedule = {"task_id": task, "schedule_name": "bad", "expression": "0 3 * * *"}
        push = {"host_id": "no", "path": "/etc/x", "content": "x"}
        for path, body, field in (
                ("/manage/template/import", template | {"template_content": [{"hosts": "all", "tasks": "x"}]}, "template_content"),
                ("/manage/template/import", template | {"template_name": "x" * 65}, "template_name"),
                ("/manage/task/generate", generate | {"template_name": ["no"]}, "template_name[0]"),
                ("/manage/task/generate", generate | {"vars": [1]}, "vars"),
                ("/manage/task/generate", generate | {"steps": [{"step": "fine", "after": ["no"]}]}, "steps"),
                ("/manage/task/execute", {"task_list": [task], "serial": "0%"}, "serial"),
                ("/manage/task/execute", {"task_list": [task], "max_fail_percentage": 101}, "max_fail_percentage"),
                ("/manage/task/execute", {"task_list": [task], "step_timeout": 0}, "step_timeout"),
                ("/manage/task/schedule/add", schedule | {"expression": "* * *"}, "expression"),
                ("/manage/task/schedule/add", schedule | {"expression": "0 0 31 2 *"}, "expression"),
                ("/manage/task/schedule/add", schedule | {"time_zone": "../etc/passwd"}, "time_zone"),
                ("/manage/task/schedule/add", schedule | {"missed": "twice"}, "missed"),
                ("/manage/task/schedule/add", schedule | {"vars": "x"}, "vars"),
                ("/manage/task/schedule/add", schedule | {"task_id": "no"}, "task_id"),
                ("/manage/config/collect", {"infos": [{"host_id": "no", "config_list": ["etc/x"]}]}, "infos[0].config_list[0]"),
                ("/manage/config/push", {"infos": [push | {"path": "/etc/../x"}]}, "infos[0].path"),
                ("/manage/config/push", {"infos": [push | {"mode": "rw"}]}, "infos[0].mode"),
                ("/manage/package/upload", {"package_name": "bad", "sha256": "x", "total_bytes": 1, "offset": 0, "content": ""}, "sha256")):
            reply = self.api.post(path, body)
            self.assertEqual(reply["code"], 1000, (path, field, reply))
            self.assertIn(field, reply["detail"], path)
        self.assertEqual(counts(), before)

    def test_an_upload_goes_on_after_the_node_was_killed(self):
        content = packed(("files/a", os.urandom(30_000)))
        piece = {"package_name": "cut", "sha256": hashlib.sha256(content).hexdigest(), "total_bytes": len(content),
                 "offset": 0, "content": base64.b64encode(content[:10_000]).decode()}
        with node() as another:
            api = another.admin()
            self.assertEqual(api.good("/manage/package/upload", piece)["received_bytes"], 10_000)
            another.kill()
            another.start()
            api = another.client(api.token)
            again = api.good("/manage/package/upload", piece)
            self.assertEqual((again["received_bytes"], again["is_complete"]), (10_000, False))
            rest = piece | {"offset": 10_000, "content": base64.b64encode(content[10_000:]).decode()}
            self.assertTrue(api.good("/manage/package/upload", rest)["is_complete"])

    def test_packages_by_the_command_line(self):
        path = os.path.join(self.home, "soft-1.tar.gz")
        pathlib.Path(path).write_bytes(packed(("files/soft", os.urandom(2_000_000))))
        self.aops("package", "upload", path, "--package_version", "1")
        (row,) = self.json("package", "list", "soft-1")["package_infos"]
        self.assertEqual((row["version"], row["files"], row["is_template"]), ("1", 1, False))
        self.aops("package", "delete", "soft-1")
        self.assertNotIn("soft-1", self.names())
        self.aops("package", "delete", "soft-1", code=1)

    def test_templates_that_come_with_aops(self):
        given = self.json("template", "import", "--shipped")
        self.assertGreaterEqual(len(given["imported"]) + len(given["changed_by_user"]), 15)
        self.assertIn("zookeeper", given["imported"])
        self.assertEqual(self.json("template", "import", "--shipped")["imported"], [])

    def test_a_schedule_fires_and_says_what_became_of_it(self):
        self.aops("template", "import", self.file("p.yml", "- {hosts: all, tasks: [{ping: {}}]}\n"), "pings")
        self.aops("task", "generate", "ping them", "pings")
        self.assertRegex(self.aops("schedule", "preview", "0 3 * * *", "-o", "table").stdout, r"03:00:00\n")
        done = self.aops("schedule", "add", "often", "ping them", "61 * * * *", code=1)
        self.assertIn("expression: minute: `61` must be from 0 to 59", done.stderr)
        self.aops("schedule", "add", "often", "ping them", "* * * * *", "--time_zone", "Asia/Shanghai")

        def fired():
            (row,) = self.json("schedule", "list", "often")["schedule_infos"]
            return row if row.get("last_error") or row.get("last_execution") else None

        row = wait_until(fired, 90, "the schedule fires", every=1)
        self.assertIn("no hosts", row["last_error"])
        self.aops("schedule", "update", "often", "--enabled", "false")
        self.assertEqual(self.json("schedule", "list", "often")["schedule_infos"][0]["next"], [])
        self.aops("schedule", "delete", "often")
        self.assertEqual(self.json("schedule", "list")["schedule_infos"], [])


if __name__ == "__main__":
    unittest.main()
