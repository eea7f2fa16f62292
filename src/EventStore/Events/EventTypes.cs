using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Toolgate.EventStore;

/// <summary>The payload types of this deployment and their stable aliases.</summary>
public sealed class EventTypes
{
    private readonly FrozenDictionary<string, Type> byAlias;
    private readonly FrozenDictionary<Type, string> byType;
    private readonly FrozenDictionary<string, Func<JsonElement, object>> upcasters;
    private readonly ILookup<Type, string> aliasesByType;

    /// <summary>Collects the registrations of every module.</summary>
    /// <exception cref="InvalidOperationException">A type is nested, its name holds an acronym or a digit, or two share an alias.</exception>
    public EventTypes(IEnumerable<EventRegistration> registrations)
    {
        var aliases = new Dictionary<string, Type>(StringComparer.Ordinal);
        var old = new Dictionary<string, Func<JsonElement, object>>(StringComparer.Ordinal);
        var readAs = new List<(Type Type, string Alias)>();
        foreach (var registration in registrations)
        {
            var alias = registration.OldAlias ?? AliasOf(registration.Type);
            if (aliases.ContainsKey(alias) || old.ContainsKey(alias))
            {
                throw new InvalidOperationException($"Two event types have the alias '{alias}'.");
            }

            readAs.Add((registration.Type, alias));
            if (registration.Upcast is { } upcast)
            {
                old.Add(alias, upcast);
            }
            else
            {
                aliases.Add(alias, registration.Type);
            }
        }

        byAlias = aliases.ToFrozenDictionary(StringComparer.Ordinal);
        byType = aliases.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);
        upcasters = old.ToFrozenDictionary(StringComparer.Ordinal);
        aliasesByType = readAs.ToLookup(r => r.Type, r => r.Alias);
    }

    /// <summary>How payloads are written: camelCase, enums as strings, nulls written, as Marten's System.Text.Json serializer does.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        PropertyNameCaseInsensitive = false,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Every current payload type with its alias.</summary>
    public IReadOnlyDictionary<string, Type> All => byAlias;

    /// <summary>The alias of a payload type.</summary>
    /// <exception cref="InvalidOperationException">The type is not registered.</exception>
    public string AliasFor(Type type) => byType.TryGetValue(type, out var alias)
        ? alias
        : throw new InvalidOperationException($"{type.Name} is not a registered event: add services.AddEvents(typeof({type.Name})).");

    /// <summary>Every alias whose stored payload is read as one of these types today: the current ones and those that are upcast.</summary>
    public string[] AliasesReadAs(IEnumerable<Type> types) => [.. types.SelectMany(type => aliasesByType[type]).Distinct()];

    /// <summary>Decodes a stored payload, upcasting old aliases; null when nothing of this deployment knows the alias.</summary>
    public object? Decode(string alias, string json)
    {
        if (byAlias.TryGetValue(alias, out var type))
        {
            return JsonSerializer.Deserialize(json, type, Json);
        }

        if (upcasters.TryGetValue(alias, out var upcast))
        {
            using var document = JsonDocument.Parse(json);
            return upcast(document.RootElement);
        }

        return null;
    }

    /// <summary>snake_case of the simple name, as Marten computes it for such names.</summary>
    /// <exception cref="InvalidOperationException">The name would give another alias in Marten.</exception>
    public static string AliasOf(Type type)
        => type.IsNested ? throw new InvalidOperationException($"Event {type.Name} must not be a nested type.") : AliasOf(type.Name);

    internal static string AliasOf(string name)
    {
        var alias = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            var upper = char.IsAsciiLetterUpper(c);
            if ((!upper && (i == 0 || !char.IsAsciiLetterLower(c))) || (upper && i > 0 && char.IsAsciiLetterUpper(name[i - 1])))
            {
                throw new InvalidOperationException($"Event name '{name}' must be plain PascalCase words: no digits, no acronyms.");
            }

            if (upper && i > 0)
            {
                alias.Append('_');
            }

            alias.Append(char.ToLowerInvariant(c));
        }

        return alias.ToString();
    }
}

/// <summary>One payload type, or one old alias and how to read it today. Made by <c>services.AddEvents</c> and <c>AddUpcaster</c>.</summary>
/// <param name="Type">The record of today.</param>
/// <param name="OldAlias">Alias that is no longer written.</param>
/// <param name="Upcast">Turns a payload stored under <paramref name="OldAlias"/> into a record of today.</param>
public sealed record EventRegistration(Type Type, string? OldAlias = null, Func<JsonElement, object>? Upcast = null);
