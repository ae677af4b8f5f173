-- Nodes, leases, slots, and what tells them of changes.

-- What every node reads once a second: a number grows when its subject changed.
create table meta (
  name varchar(40) not null primary key,
  version bigint not null
) ${clustered};
insert into meta (name, version) values ('rules', 1), ('hosts', 1), ('sessions', 1), ('slot_map', 1),
  ('cluster', 1);

create table node (
  id varchar(40) not null primary key,
  incarnation bigint not null,
  address varchar(255) not null,
  protocol bigint not null,
  state varchar(20) not null,
  until_ms bigint not null,
  -- What a node says about itself with each renewal of its lease.
  started_ms bigint not null default 0,
  seen_ms bigint not null default 0,
  http varchar(255) not null default '',
  version varchar(40) not null default '',
  hosts bigint not null default 0,
  jobs bigint not null default 0
) ${clustered};

create table lease (
  name varchar(40) not null primary key,
  holder varchar(40) not null,
  epoch bigint not null,
  seq bigint not null,
  until_ms bigint not null
) ${clustered};
insert into lease (name, holder, epoch, seq, until_ms) values ('leader', '', 1, 0, 0);

create table slot (
  slot bigint not null primary key,
  node varchar(40) not null,
  epoch bigint not null,
  seq bigint not null,
  -- Who gets the slot when its owner has let go of it. Empty: nobody waits for it.
  target varchar(40) not null default ''
) ${clustered};
insert into slot (slot, node, epoch, seq)
  with recursive numbers (k) as (select 0 union all select k + 1 from numbers where k < 255)
  select k, '', 1, 0 from numbers;

-- What holds for all nodes, such as the cluster's own id.
create table cluster_setting (
  name varchar(40) not null primary key,
  value varchar(255) not null
) ${clustered};
