namespace Toolgate.EventStore.Tests;

public sealed class LayoutTests
{
    private const string Columns = """
        mt_event_progression.name character varying not null
        mt_event_progression.last_seq_id bigint
        mt_event_progression.last_updated timestamp with time zone default transaction_timestamp()
        mt_events.seq_id bigint not null
        mt_events.id uuid not null
        mt_events.stream_id character varying
        mt_events.version bigint not null
        mt_events.data jsonb not null
        mt_events.bdata bytea
        mt_events.type character varying(500) not null
        mt_events.timestamp timestamp with time zone not null default now()
        mt_events.tenant_id character varying default '*DEFAULT*'::character varying
        mt_events.mt_dotnet_type character varying
        mt_events.correlation_id character varying
        mt_events.causation_id character varying
        mt_events.headers jsonb
        mt_events.user_name character varying
        mt_events.is_archived boolean default false
        mt_high_water_skips.ending_sequence bigint not null
        mt_high_water_skips.starting_sequence bigint not null
        mt_high_water_skips.timestamp timestamp with time zone default transaction_timestamp()
        mt_streams.id character varying not null
        mt_streams.type character varying
        mt_streams.version bigint
        mt_streams.timestamp timestamp with time zone not null default now()
        mt_streams.created timestamp with time zone not null default now()
        mt_streams.tenant_id character varying default '*DEFAULT*'::character varying
        mt_streams.is_archived boolean default false
        """;

    private const string Constraints = """
        mt_event_progression pk_mt_event_progression PRIMARY KEY (name)
        mt_events fkey_mt_events_stream_id FOREIGN KEY (stream_id) REFERENCES events.mt_streams(id) ON DELETE CASCADE
        mt_events pkey_mt_events_seq_id PRIMARY KEY (seq_id)
        mt_high_water_skips pkey_mt_high_water_skips_ending_sequence PRIMARY KEY (ending_sequence)
        mt_streams pkey_mt_streams_id PRIMARY KEY (id)
        """;

    private const string Indexes = """
        CREATE UNIQUE INDEX pk_mt_event_progression ON events.mt_event_progression USING btree (name)
        CREATE UNIQUE INDEX pk_mt_events_stream_and_version ON events.mt_events USING btree (stream_id, version)
        CREATE UNIQUE INDEX pkey_mt_events_seq_id ON events.mt_events USING btree (seq_id)
        CREATE UNIQUE INDEX pkey_mt_high_water_skips_ending_sequence ON events.mt_high_water_skips USING btree (ending_sequence)
        CREATE UNIQUE INDEX pkey_mt_streams_id ON events.mt_streams USING btree (id)
        """;

    [Fact]
    public async Task the_tables_are_those_that_marten_would_make()
    {
        await using var host = await TestHost.StartNew();

        (await host.Scalar<string>("""
            select string_agg(c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
                || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), E'\n' order by c.relname, a.attnum)
            from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            where c.relnamespace = 'events'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
            """)).ShouldBe(Columns);
        (await host.Scalar<string>("""
            select string_agg(conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid), E'\n' order by conrelid::regclass::text, conname)
            from pg_constraint where connamespace = 'events'::regnamespace
            """)).Replace("events.mt_event_p", "mt_event_p", StringComparison.Ordinal).Replace("events.mt_events ", "mt_events ", StringComparison.Ordinal)
            .Replace("events.mt_high", "mt_high", StringComparison.Ordinal).Replace("events.mt_streams ", "mt_streams ", StringComparison.Ordinal)
            .ShouldBe(Constraints);
        (await host.Scalar<string>("select string_agg(indexdef, E'\\n' order by indexname) from pg_indexes where schemaname = 'events'")).ShouldBe(Indexes);
        (await host.Scalar<string>("""
            select string_agg(sequencename || ' ' || data_type || ' cache ' || cache_size || ' owner ' ||
                coalesce(pg_get_serial_sequence('events.mt_events', 'seq_id'), '-'), ',') from pg_sequences where schemaname = 'events'
            """)).ShouldBe("mt_events_sequence bigint cache 1 owner events.mt_events_sequence");
    }

    [Fact]
    public async Task a_row_is_what_marten_would_write()
    {
        await using var host = await TestHost.StartNew();

        await host.Append("a", new WithdrawalMade(3));

        (await host.Scalar<string>("""
            select concat_ws(' ', e.stream_id, e.version, e.data::text, e.type, e.mt_dotnet_type, e.tenant_id, e.is_archived, s.type, s.version, s.is_archived)
            from events.mt_events e join events.mt_streams s on s.id = e.stream_id
            """)).ShouldBe("""
            a 1 {"amount": 3, "reason": null} withdrawal_made Toolgate.EventStore.Tests.WithdrawalMade, Toolgate.EventStore.Tests *DEFAULT* f account 1 f
            """.Trim());
    }
}
