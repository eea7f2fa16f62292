-- Names that only one stream may hold. Equality of text is bytewise; the collation says so for the index as well.
create table toolgate.name_claims (
    scope     text collate "C" not null,
    name      text collate "C" not null,
    stream_id text             not null,
    constraint name_claims_pkey primary key (scope, name)
);

-- The hash chain over the log: one link for each event.
create table toolgate.event_seals (
    seq_id bigint not null,
    hash   bytea  not null,
    constraint event_seals_pkey primary key (seq_id)
);

-- Heads of the chain, signed with a key that this database does not hold.
create table toolgate.checkpoints (
    position  bigint      not null,
    hash      bytea       not null,
    at        timestamptz not null,
    key_id    text        not null,
    signature bytea       not null,
    constraint checkpoints_pkey primary key (position, key_id)
);

-- States of the in-memory read models, so that a start reads only the tail of the log.
create table toolgate.snapshots (
    name           text        not null,
    schema_version integer     not null,
    position       bigint      not null,
    state          bytea       not null,
    taken_at       timestamptz not null default now(),
    constraint snapshots_pkey primary key (name)
);

-- Events that a projection could not apply and went past.
create table toolgate.dead_letters (
    projection  text        not null,
    position    bigint      not null,
    error       text        not null,
    recorded_at timestamptz not null default now(),
    constraint dead_letters_pkey primary key (projection, position)
);
