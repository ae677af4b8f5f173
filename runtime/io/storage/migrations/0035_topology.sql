-- Which links hosts had, and when. A node keeps what is now in memory; this is for what was.

-- A host whose agent has told. `seen_ms`: when last, at most half a minute behind. `addresses`: separated by commas.
create table topology_host (
  n ${identity},
  host_id varchar(40) not null,
  machine_id varchar(64) not null,
  hostname varchar(255) not null,
  addresses longtext not null,
  first_ms bigint not null,
  seen_ms bigint not null
) ${table};
create unique index topology_host_id on topology_host (host_id);

-- A link as one host saw it, from when to when; `end_ms` 0: it goes on, until `seen_ms` of its host. `link_key`: a digest of what
-- makes it this link. `side`: server, client, or empty for what a balancer tells.
create table topology_link (
  n ${identity},
  host_id varchar(40) not null,
  link_key varchar(32) not null,
  kind varchar(16) not null,
  side varchar(16) not null,
  process_name varchar(64) not null,
  client_ip varchar(45) not null,
  virtual_ip varchar(45) not null,
  virtual_port bigint not null,
  local_ip varchar(45) not null,
  server_ip varchar(45) not null,
  server_port bigint not null,
  begin_ms bigint not null,
  end_ms bigint not null
) ${table};
create unique index topology_link_open on topology_link (host_id, link_key, end_ms);
create index topology_link_host on topology_link (host_id, end_ms);
create index topology_link_end on topology_link (end_ms);
