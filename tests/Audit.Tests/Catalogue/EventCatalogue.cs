using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolgate.Audit.Tests;

/// <summary>Renders docs/events.md from the registered payload types and their XML documentation.</summary>
internal sealed class EventCatalogue(IReadOnlyDictionary<string, Type> events)
{
    private readonly XmlSummaries summaries = new();
    private readonly NullabilityInfoContext nullability = new();
    private readonly StringBuilder page = new();

    public string Render()
    {
        page.Append(Head());
        foreach (var module in events.GroupBy(pair => ModuleOf(pair.Value)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {module.Key}\n");
            var parts = new List<Type>();
            foreach (var (alias, type) in module.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### {alias}\n\n{summaries.Of(type)} Record `{type.FullName}`.\n");
                Members(type, parts);
            }

            for (var i = 0; i < parts.Count; i++)
            {
                page.Append(CultureInfo.InvariantCulture, $"\n### Value {parts[i].Name}\n\n{summaries.Of(parts[i])}\n");
                Members(parts[i], parts);
            }
        }

        page.Append(WithMarten());
        return page.ToString();
    }

    private static string ModuleOf(Type type) => type.Assembly.GetName().Name!["Toolgate.".Length..];

    private void Members(Type type, List<Type> parts)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null).OrderBy(property => property.MetadataToken).ToList();
        if (properties.Count == 0)
        {
            return;
        }

        page.Append("\n| member | type | |\n|---|---|---|\n");
        foreach (var property in properties)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"| `{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}` | {TypeOf(property, parts)} | {Cell(summaries.Of(type, property.Name))} |\n");
        }
    }

    private string TypeOf(PropertyInfo property, List<Type> parts)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType);
        var mayBeNull = type is not null || (!property.PropertyType.IsValueType && nullability.Create(property).ReadState == NullabilityState.Nullable);
        return NameOf(type ?? property.PropertyType, parts) + (mayBeNull ? " or null" : "");
    }

    private static string NameOf(Type type, List<Type> parts)
    {
        if (type.IsEnum)
        {
            var flags = type.GetCustomAttribute<FlagsAttribute>() is not null;
            var names = string.Join(", ", Enum.GetNames(type).Where(name => !flags || long.PopCount(Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture)) == 1)
                .Select(name => $"`{name}`"));
            return flags ? $"any of {names}, separated by commas; `None` for none" : "one of " + names;
        }

        if (type == typeof(string))
        {
            return "text";
        }

        if (type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)))
        {
            var arguments = type.GetGenericArguments();
            return arguments.Length == 2 ? "map of " + NameOf(arguments[1], parts) : "list of " + NameOf(arguments[0], parts);
        }

        if (type.IsArray)
        {
            return "list of " + NameOf(type.GetElementType()!, parts);
        }

        if (type.Namespace?.StartsWith("Toolgate", StringComparison.Ordinal) == true)
        {
            if (!parts.Contains(type))
            {
                parts.Add(type);
            }

            return $"`{type.Name}`";
        }

        return type.Name switch
        {
            nameof(Int64) or nameof(Int32) => "whole number",
            nameof(Double) or nameof(Decimal) => "number",
            nameof(Boolean) => "true or false",
            nameof(DateTimeOffset) => "time",
            nameof(TimeSpan) => "duration",
            nameof(Guid) => "UUID",
            nameof(JsonElement) or nameof(Object) => "any JSON",
            var other => throw new InvalidOperationException($"Say in EventCatalogue what a {other} is to a reader of the log."),
        };
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Head() => $"""
        # Events

        Every event of the log. Generated from the code: a test compares this page with the registered types, and writes it when `{EventCatalogueTests.Switch}=1` is set:

        ```
        {EventCatalogueTests.Switch}=1 dotnet test tests/Audit.Tests --filter EventCatalogue
        ```

        The heading of an event is its alias, the `type` in the log and in `/api/audit/events`; it is the snake_case of the record's name. Payloads are JSON in camelCase,
        enums as text, nulls written, times ISO 8601. An event is never edited after a release: a new record takes its place, and an upcaster reads the old one.

        Conventional names, by which every event can be searched and is kept private where it must be: `toolkitId`, `address`, `outcome`, `principalId`, and `subject`
        or `ownerSubject` for the account that a personal row belongs to (null for the workspace).

        """;

    private string WithMarten()
    {
        var text = new StringBuilder("""

            ## Opening the log with Marten

            The tables of schema `events` are laid out as Marten 9 makes them, with string stream identities and all metadata columns on. A .NET program that
            references the modules' contracts opens them without a migration:

            ```csharp
            services.AddMarten(options =>
            {
                options.Connection(connectionString);
                options.AutoCreateSchemaObjects = AutoCreate.None;
                options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
                options.Events.DatabaseSchemaName = "events";
                options.Events.StreamIdentity = StreamIdentity.AsString;
                options.Events.MetadataConfig.CorrelationIdEnabled = true;
                options.Events.MetadataConfig.CausationIdEnabled = true;
                options.Events.MetadataConfig.HeadersEnabled = true;
                options.Events.MetadataConfig.UserNameEnabled = true;

            """.ReplaceLineEndings("\n"));
        foreach (var type in events.Values.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"    options.Events.AddEventType<{type.FullName}>();\n");
        }

        return text.Append("""
            });
            ```

            An event that is not added is skipped by Marten's rebuilds without a word. Read and project with it; append through Toolgate: what another program appends
            is neither sealed nor ordered by the writer lock, and `/api/audit/verify` reports it as `event_unsealed`.

            """.ReplaceLineEndings("\n")).ToString();
    }
}
