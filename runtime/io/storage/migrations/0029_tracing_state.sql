-- Configuration tracing: what files of hosts were when they were last looked at, and what became of them.

-- `state`: as the contract has it. `looked_ms`: when it was found; `since_ms`: since when it is so. `read_ms`: when the body was
-- read, 0: never. `synced_by`: who made the file what it should be since it was read last; empty: nobody.
create table trace_real (
  n ${identity},
  item bigint not null,
  host_id varchar(40) not null,
  state varchar(24) not null,
  reason varchar(1000) not null,
  looked_ms bigint not null,
  since_ms bigint not null,
  read_ms bigint not null,
  file_mode varchar(16) not null,
  file_owner varchar(200) not null,
  synced_by varchar(40) not null,
  body longtext not null,
  foreign key (item) references trace_item (n)
) ${table};
create unique index trace_real_place on trace_real (item, host_id);
create index trace_real_host on trace_real (host_id);

-- A file that was seen to be another one: `after_ms` when it was last seen as before, `seen_ms` when it was first seen as after.
create table trace_edit (
  n ${identity},
  item bigint not null,
  host_id varchar(40) not null,
  after_ms bigint not null,
  seen_ms bigint not null,
  state varchar(24) not null,
  username varchar(40) not null,
  summary varchar(1000) not null,
  before_body longtext not null,
  after_body longtext not null,
  foreign key (item) references trace_item (n)
) ${table};
create index trace_edit_item on trace_edit (item, host_id, seen_ms);
create index trace_edit_host on trace_edit (host_id);
