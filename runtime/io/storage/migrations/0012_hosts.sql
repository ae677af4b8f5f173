-- Hosts by name, several exporters at one address, and since when the one there answers.

-- 0: nothing ever answered at the address. Of hosts from before, what they stored tells.
alter table host add column first_online_ms bigint not null default 0;
update host set first_online_ms = created_ms where status = 'online' or exists (select 1 from series where series.host = host.n);

-- 0: the node's default. Null would be no duplicate of null.
update host set exporter_port = 0 where exporter_port is null;
alter table host modify ip varchar(253) not null;
drop index if exists host_ip on host;
create unique index host_exporter on host (owner, ip, exporter_port);
