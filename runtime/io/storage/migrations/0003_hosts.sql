-- Hosts, their groups and their sealed credentials.

create table host_group (
  n ${identity},
  owner varchar(40) not null,
  name varchar(50) not null,
  description varchar(256) not null
) ${table};
create unique index host_group_name on host_group (owner, name);

create table group_grant (
  account bigint not null,
  host_group bigint not null,
  primary key (account, host_group),
  foreign key (account) references account (n),
  foreign key (host_group) references host_group (n)
) ${clustered};
create index group_grant_group on group_grant (host_group);

create table host (
  n ${identity},
  id varchar(40) not null,
  owner varchar(40) not null,
  name varchar(50) not null,
  ip varchar(45) not null,
  host_group bigint not null,
  ssh_port bigint not null,
  management bigint not null,
  exporter_port bigint,
  slot bigint not null,
  status varchar(20) not null,
  status_since_ms bigint not null,
  created_ms bigint not null,
  foreign key (host_group) references host_group (n)
) ${table};
create unique index host_id on host (id);
create unique index host_name on host (owner, name);
create unique index host_ip on host (owner, ip);
create index host_owner on host (owner);
create index host_slot on host (slot);
create index host_of_group on host (host_group);

create table host_credential (
  host bigint not null primary key,
  body longblob not null,
  foreign key (host) references host (n)
) ${clustered};

create table vault_verifier (
  owner varchar(40) not null primary key,
  body longblob not null
) ${clustered};
