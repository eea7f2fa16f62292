-- Source documents and encoded catalogs, by the SHA-256 of their plain bytes. Written with the event that names them; never changed.
create table toolgate.blobs (
    digest     text primary key,
    content    bytea not null,               -- brotli
    created_at timestamptz not null default now()
);

-- The sealed values of one connection. Never in an event: deleting the row destroys them.
create table toolgate.secrets (
    id            text primary key,
    master_key_id text not null,             -- which master key wraps the data key
    wrapped_key   bytea not null,            -- the data key of this secret
    sealed_values bytea not null,            -- each value under the data key
    created_at    timestamptz not null default now()
);

create index secrets_master_key_id on toolgate.secrets (master_key_id);
