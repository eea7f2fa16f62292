-- What the log can be searched by. One row for each event, copied from it by the projection audit-index; the events stay in the log.
create table toolgate.audit_index (
    position    bigint           not null,
    stream      text collate "C" not null,
    type        text collate "C" not null,
    at          timestamptz      not null,
    actor       text collate "C",
    correlation text collate "C",
    toolkit     text collate "C",
    address     text collate "C",
    outcome     text collate "C",
    -- The account whose row it is about; null for what the workspace shares.
    personal_of text collate "C",
    constraint audit_index_pkey primary key (position)
);

-- Every index ends in the position, so that a page of a filter is one range of it.
create index audit_index_stream on toolgate.audit_index (stream, position);
create index audit_index_type on toolgate.audit_index (type, position);
create index audit_index_at on toolgate.audit_index (at, position);
create index audit_index_actor on toolgate.audit_index (actor, position) where actor is not null;
create index audit_index_correlation on toolgate.audit_index (correlation, position) where correlation is not null;
create index audit_index_toolkit on toolgate.audit_index (toolkit, position) where toolkit is not null;
create index audit_index_address on toolgate.audit_index (address, position) where address is not null;
create index audit_index_outcome on toolgate.audit_index (outcome, position) where outcome is not null;
