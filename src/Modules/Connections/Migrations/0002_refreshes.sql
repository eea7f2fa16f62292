-- How reading each source anew went last: one row a source, keyed by its stream. Not history: what a refresh changed is an event.
create table toolgate.refreshes (
    source         text primary key,
    claimed_at     timestamptz not null,     -- whoever moves it on reads the source; that is how one host of several does
    checked_at     timestamptz,
    status         text,                     -- changed | unchanged | failed
    detail         text,
    url            text,                     -- what the validators below belong to
    catalog_digest text,
    etag           text,
    last_modified  text
);
