-- The leaf of an event: a digest of every stored column except is_archived. A record's text form quotes what needs it and tells
-- null from empty, so no two different rows share it; times are whole microseconds, independent of the session's time zone.
-- Declared stable (not immutable) and in one expression, so that the planner can inline it.
create function toolgate.event_leaf(e events.mt_events) returns bytea
    language sql stable parallel safe
as $$
    select sha256(convert_to(row(
        (e).seq_id, (e).id, (e).stream_id, (e).version, (e).data::text, encode((e).bdata, 'hex'), (e).type,
        (extract(epoch from (e).timestamp) * 1000000)::bigint, (e).tenant_id, (e).mt_dotnet_type, (e).correlation_id,
        (e).causation_id, (e).headers::text, (e).user_name)::text, 'UTF8'))
$$;

create function toolgate.seal_step(state bytea, previous bytea, leaf bytea) returns bytea
    language plpgsql immutable parallel safe
as $$
begin
    return sha256(coalesce(state, previous) || leaf);
end
$$;

-- As a window function over (order by seq_id): the chain values of new events after the link "previous".
create aggregate toolgate.seal_chain(previous bytea, leaf bytea) (
    sfunc = toolgate.seal_step,
    stype = bytea
);

create function toolgate.refuse_change() returns trigger
    language plpgsql
as $$
begin
    raise exception 'the event log is append-only: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

-- Archiving sets is_archived; nothing else of an event ever changes.
create trigger toolgate_events_are_final before update on events.mt_events for each row
    when ((old.seq_id, old.id, old.stream_id, old.version, old.data, old.bdata, old.type, old.timestamp, old.tenant_id,
           old.mt_dotnet_type, old.correlation_id, old.causation_id, old.headers, old.user_name)
          is distinct from
          (new.seq_id, new.id, new.stream_id, new.version, new.data, new.bdata, new.type, new.timestamp, new.tenant_id,
           new.mt_dotnet_type, new.correlation_id, new.causation_id, new.headers, new.user_name))
    execute function toolgate.refuse_change();
create trigger toolgate_events_stay before delete on events.mt_events for each row execute function toolgate.refuse_change();
create trigger toolgate_events_are_kept before truncate on events.mt_events execute function toolgate.refuse_change();

create trigger toolgate_streams_keep_identity before update on events.mt_streams for each row
    when ((old.id, old.type, old.created, old.tenant_id) is distinct from (new.id, new.type, new.created, new.tenant_id))
    execute function toolgate.refuse_change();
create trigger toolgate_streams_stay before delete on events.mt_streams for each row execute function toolgate.refuse_change();
create trigger toolgate_streams_are_kept before truncate on events.mt_streams execute function toolgate.refuse_change();

create trigger toolgate_seals_are_final before update or delete on toolgate.event_seals for each row execute function toolgate.refuse_change();
create trigger toolgate_seals_are_kept before truncate on toolgate.event_seals execute function toolgate.refuse_change();
