-- What users arranged for themselves in pages: of each kind (`board`), by name. `content` is JSON, and theirs alone.
create table user_view (
  username varchar(40) not null,
  kind varchar(20) not null,
  view_name varchar(64) not null,
  content longtext not null,
  changed_ms bigint not null,
  primary key (username, kind, view_name)
) ${table};
