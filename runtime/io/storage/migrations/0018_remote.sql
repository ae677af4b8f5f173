-- Hosts as they are logged in to: the SSH keys they are known by, with the digests that people compare, and how
-- collecting facts went.

create table host_key (
  host bigint not null,
  kind varchar(64) not null,
  body longtext not null,
  fingerprint varchar(64) not null,
  seen_ms bigint not null,
  primary key (host, kind),
  foreign key (host) references host (n)
) ${clustered};

-- When collecting was last tried, and why it failed; empty: it did not.
alter table host_information add column tried_ms bigint not null default 0;
alter table host_information add column failure varchar(1000) not null default '';
