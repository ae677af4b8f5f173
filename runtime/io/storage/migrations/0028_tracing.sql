-- Configuration tracing: domains, the hosts in them, files and what is expected of these.

-- `due_ms`: when its hosts are to be looked at next; 0: at once.
create table trace_domain (
  n ${identity},
  owner varchar(40) not null,
  name varchar(255) not null,
  priority bigint not null,
  username varchar(40) not null,
  created_ms bigint not null,
  due_ms bigint not null
) ${table};
create unique index trace_domain_name on trace_domain (owner, name);
create index trace_domain_due on trace_domain (due_ms);

-- `ip` and `ipv6` as they were given, for pages; empty: not at all.
create table trace_host (
  domain bigint not null,
  host_id varchar(40) not null,
  ip varchar(255) not null,
  ipv6 varchar(255) not null,
  username varchar(40) not null,
  added_ms bigint not null,
  primary key (domain, host_id),
  foreign key (domain) references trace_domain (n)
) ${clustered};
create index trace_host_id on trace_host (host_id);

-- `version`: the newest; `is_traced` is 0 of a file that is traced no more: its history stays.
create table trace_item (
  n ${identity},
  domain bigint not null,
  path varchar(512) not null,
  version bigint not null,
  is_traced bigint not null,
  foreign key (domain) references trace_domain (n)
) ${table};
create unique index trace_item_path on trace_item (domain, path);

-- What was expected of a file, whole; only ever added, the oldest of too many are deleted. `is_traced` is 0 of the version
-- with which it ceased to be traced; its body is empty.
create table trace_version (
  item bigint not null,
  version bigint not null,
  id varchar(64) not null,
  username varchar(40) not null,
  reason varchar(1000) not null,
  created_ms bigint not null,
  is_traced bigint not null,
  body longtext not null,
  primary key (item, version),
  foreign key (item) references trace_item (n)
) ${table};
create index trace_version_id on trace_version (item, id);
