-- Samples that senders push: kept as they come until the rounds they belong to are judged.

alter table host add column source varchar(16) not null default 'scrape';

create table pushed_sample (
  n ${identity},
  host bigint not null,
  time_ms bigint not null,
  body longblob not null,
  foreign key (host) references host (n)
) ${table};
create index pushed_sample_host on pushed_sample (host, time_ms);
