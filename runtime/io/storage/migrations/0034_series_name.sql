-- Queries ask many hosts for the series of one name.
create index series_name on series (name, host);
