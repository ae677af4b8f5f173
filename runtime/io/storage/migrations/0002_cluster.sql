-- What many nodes need beside slots and leases.

-- `target`: who gets the slot when its owner has let go of it. Empty: nobody waits for it.
alter table slot add column target varchar(40) not null default '';

-- What a node says about itself with each renewal of its lease.
alter table node add column started_ms bigint not null default 0;
alter table node add column seen_ms bigint not null default 0;
alter table node add column http varchar(255) not null default '';
alter table node add column version varchar(40) not null default '';
alter table node add column hosts bigint not null default 0;
alter table node add column jobs bigint not null default 0;

-- What holds for all nodes, such as the cluster's own id.
create table cluster_setting (
  name varchar(40) not null primary key,
  value varchar(255) not null
) ${clustered};

insert into meta (name, version) values ('cluster', 1);
