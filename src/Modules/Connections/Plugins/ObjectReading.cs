using System.Text.Json;

namespace Toolgate.Connections;

/// <summary>An object of a manifest while it is read: every member that is known is asked for, and what is left over is refused by name.</summary>
internal sealed class ObjectReading
{
    /// <summary>Members under which people are tempted to write a credential.</summary>
    private static readonly HashSet<string> SecretNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "apiKey", "clientSecret", "credential", "credentials", "key", "password", "secret", "token", "value",
    };

    private readonly Dictionary<string, JsonElement> members = new(StringComparer.Ordinal);
    private readonly FaultList faults;

    private ObjectReading(JsonElement element, string pointer, FaultList faults)
    {
        Pointer = pointer;
        this.faults = faults;
        foreach (var member in element.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }
    }

    /// <summary>Where the object stands.</summary>
    public string Pointer { get; }

    /// <summary>The object; null, with a fault, when it is none.</summary>
    public static ObjectReading? Of(JsonElement element, string pointer, FaultList faults)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            return new ObjectReading(element, pointer, faults);
        }

        faults.Add(pointer, PluginFaultCodes.WrongType, "This must be an object.");
        return null;
    }

    /// <summary>The pointer of a member.</summary>
    public string At(string name) => SourceDocument.Child(Pointer, name);

    /// <summary>A member; null when it is not there. A null is no value, except inside schemas.</summary>
    public JsonElement? Take(string name) => members.Remove(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A member that must be there.</summary>
    public JsonElement? Need(string name)
    {
        var value = Take(name);
        if (value is null)
        {
            faults.Add(At(name), PluginFaultCodes.Required, $"The member {name} is missing.");
        }

        return value;
    }

    /// <summary>A text; null, with a fault, when it is there and none, or is missing and needed.</summary>
    public string? Text(string name, bool needed) => Typed(needed ? Need(name) : Take(name), name, JsonValueKind.String, "a string")?.GetString();

    /// <summary>A text that must be there.</summary>
    public string? Text(string name) => Text(name, needed: true);

    /// <summary>True or false; null when it is not there.</summary>
    public bool? Flag(string name)
    {
        var value = Take(name);
        if (value?.ValueKind is null or JsonValueKind.True or JsonValueKind.False)
        {
            return value?.GetBoolean();
        }

        faults.Add(At(name), PluginFaultCodes.WrongType, "This must be true or false.");
        return null;
    }

    /// <summary>An object that must be there.</summary>
    public ObjectReading? Object(string name) => Need(name) is { } value ? Of(value, At(name), faults) : null;

    /// <summary>The elements of an array; none, with a fault, when it is there and no array, or is missing and needed.</summary>
    public IReadOnlyList<(JsonElement Value, string Pointer)> Elements(string name, int most, bool needed = true)
    {
        if (Typed(needed ? Need(name) : Take(name), name, JsonValueKind.Array, "an array") is not { } array)
        {
            return [];
        }

        if (array.GetArrayLength() > most)
        {
            faults.Add(At(name), PluginFaultCodes.TooMany, $"At most {most} elements are allowed here.");
            return [];
        }

        return [.. array.EnumerateArray().Select((value, index) => (value, SourceDocument.Child(At(name), index)))];
    }

    /// <summary>The texts of an array; elements of other types are faults.</summary>
    public IReadOnlyList<(string Value, string Pointer)> Texts(string name, int most, bool needed = true)
    {
        var texts = new List<(string, string)>();
        foreach (var (value, pointer) in Elements(name, most, needed))
        {
            if (value.ValueKind == JsonValueKind.String)
            {
                texts.Add((value.GetString()!, pointer));
            }
            else
            {
                faults.Add(pointer, PluginFaultCodes.WrongType, "This must be a string.");
            }
        }

        return texts;
    }

    /// <summary>Refuses what was not asked for.</summary>
    public void Close()
    {
        foreach (var name in members.Keys)
        {
            if (SecretNames.Contains(name))
            {
                faults.Add(At(name), PluginFaultCodes.InlineSecret, "A manifest holds no credential; a connection supplies it.");
            }
            else
            {
                faults.Add(At(name), PluginFaultCodes.UnknownMember, "This member is not known here.");
            }
        }
    }

    private JsonElement? Typed(JsonElement? value, string name, JsonValueKind kind, string expected)
    {
        if (value is null || value.Value.ValueKind == kind)
        {
            return value;
        }

        faults.Add(At(name), PluginFaultCodes.WrongType, $"This must be {expected}.");
        return null;
    }
}
