"""What an administrator of Kafka does and sees, by a client of others. Arguments: brokers, then one of

grant USER "KIND NAME OPERATION"...   gives rights; KIND is topic, group or transactional_id; `NAME*` stands for a beginning
members GROUP                         ids of the members, one a line

Needs what kafka_reader.txt names.
"""
import sys

from kafka.admin import (ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, KafkaAdminClient, ResourcePattern,
                         ResourceType)

brokers, what, whom, *rights = sys.argv[1:]
client = KafkaAdminClient(bootstrap_servers=brokers.split(","))
if what == "grant":
    acls = []
    for right in rights:
        kind, name, operation = right.split()
        pattern = ACLResourcePatternType.PREFIXED if name.endswith("*") else ACLResourcePatternType.LITERAL
        acls.append(ACL(principal="User:" + whom, host="*", operation=ACLOperation[operation.upper()],
                        permission_type=ACLPermissionType.ALLOW,
                        resource_pattern=ResourcePattern(ResourceType[kind.upper()], name.rstrip("*"), pattern)))
    failed = client.create_acls(acls)["failed"]
    assert not failed, failed
else:
    (group,) = client.describe_consumer_groups([whom])
    members = group["members"] if isinstance(group, dict) else group.members
    for x in members:
        print(x["member_id"] if isinstance(x, dict) else x.member_id)
client.close()
