-- Check rules. Their texts are kept once, by digest.

-- Rules and trees by digest, as they came. Never deleted while something may refer to them.
create table content (
  n ${identity},
  digest varchar(64) not null,
  kind varchar(20) not null,
  body longtext not null
) ${table};
create unique index content_digest on content (digest);

create table check_rule (
  n ${identity},
  owner varchar(40) not null,
  check_item varchar(256) not null,
  content bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null
) ${table};
create unique index check_rule_item on check_rule (owner, check_item);
