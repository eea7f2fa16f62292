-- When each API key and sign-in was used last: written in bulk by every node, never on the path of a request.
create table toolgate.credential_uses (
    credential_id varchar(64) primary key,
    used_at       timestamptz not null
);
