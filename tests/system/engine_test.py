"""The slice on MariaDB: the cases of the other files once more, on a store that a server keeps.

A node of these cases gets a database of its own on one private server. Left out is what is about the embedded file.
"""
import itertools
import os
import shutil
import tempfile

import accounts_test
import cli_test
import contract_test
import crash_test
import data_test
import diag_test
import examples_test
import isolation_test
import node
import operations_test
import prometheus_source_test
import sampling_test
import users_test
from stores import DATABASE, database

CASES = [accounts_test.accounts, accounts_test.single_session, cli_test.cli, contract_test.transport,
         contract_test.validation, contract_test.hosts, contract_test.rules_and_trees, contract_test.deployment, crash_test.crash,
         data_test.data,
         diag_test.diagnosis, diag_test.unanswered_hosts, examples_test.examples, isolation_test.isolation,
         operations_test.operations,
         prometheus_source_test.history, prometheus_source_test.live, sampling_test.sampling, users_test.users]
# These copy, or look at, files of the embedded store.
EMBEDDED_ONLY = {"test_a_copy_taken_while_stopped_is_a_backup", "test_files_are_for_their_owner_only"}

server, folder, count = None, None, itertools.count(1)
start_embedded = node.node.__init__


def start_on_mariadb(self, *settings, **more):
    mine = [x.replace(f"storage.database={DATABASE}", f"storage.database=aops_{next(count)}") for x in server.settings(None)]
    start_embedded(self, *settings, *mine, **more)


def setUpModule():
    global server, folder
    folder = tempfile.mkdtemp(prefix="aops-engine-")
    server = database(os.path.join(folder, "store"))
    server.start()
    node.node.__init__ = start_on_mariadb


def tearDownModule():
    node.node.__init__ = start_embedded
    try:
        # Nodes that fell back to their own file would pass, too.
        made = server.servers[0].sql("select count(*) from information_schema.schemata where schema_name like 'aops%'")
        assert int(made) == next(count) - 1 > 0, f"{int(made)} databases were made"
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


def on_mariadb(case):
    members = {"__module__": __name__, "__qualname__": case.__name__}
    return type(case.__name__, (case,), members | {name: None for name in EMBEDDED_ONLY if hasattr(case, name)})


for case in CASES:
    globals()[case.__name__] = on_mariadb(case)
del case
