-- Fault trees; their texts are contents, too.

create table diag_tree (
  n ${identity},
  owner varchar(40) not null,
  tree_name varchar(256) not null,
  content bigint not null,
  description varchar(1024) not null,
  tags longtext not null,
  created_ms bigint not null,
  updated_ms bigint not null
) ${table};
create unique index diag_tree_name on diag_tree (owner, tree_name);
