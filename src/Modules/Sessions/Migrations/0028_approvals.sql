-- What would be sent, sealed, and what people are shown of it. Gone as soon as the approval is used, declined, or worth nothing any more.
create table toolgate.approval_arguments (
    approval_id varchar(64) primary key,
    sealed      text[]      not null,
    summary     text        not null,
    shown       text        not null,
    altered     boolean     not null
);

-- Calls that used an approval: written with the use; the outcome, sealed, is kept briefly for callers who come back for it.
create table toolgate.approval_calls (
    approval_id varchar(64) primary key,
    request_key varchar(64) not null,
    call_id     varchar(64) not null,
    sealed      text[],
    told        boolean     not null default false,
    kept_until  timestamptz not null
);

create index approval_calls_request_key on toolgate.approval_calls (request_key);

-- The stream that holds the attempt and takes the outcome, where it is not the call's own.
alter table toolgate.running_calls add column stream_id varchar(128);
