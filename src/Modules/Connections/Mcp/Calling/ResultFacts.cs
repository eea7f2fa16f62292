namespace Toolgate.Connections;

/// <summary>What the gateway must know of a result; everything else in it is none of its business.</summary>
/// <param name="Type">Its <c>resultType</c>; null when it has none, which means complete.</param>
/// <param name="IsError">What it says of itself.</param>
/// <param name="Requests">Its <c>inputRequests</c>; empty when it has none.</param>
/// <param name="State">Its <c>requestState</c>, a JSON string; empty when it has none.</param>
internal readonly record struct ResultFacts(string? Type, bool IsError, ReadOnlyMemory<byte> Requests, ReadOnlyMemory<byte> State)
{
    /// <summary>Reads a result; null when it is no object.</summary>
    public static ResultFacts? Of(ReadOnlyMemory<byte> result)
    {
        if (!JsonMembers.IsObject(result))
        {
            return null;
        }

        var facts = default(ResultFacts);
        foreach (var (name, _, value) in JsonMembers.Of(result) ?? [])
        {
            facts = name switch
            {
                "resultType" => facts with { Type = JsonMembers.Text(value) },
                "isError" => facts with { IsError = JsonMembers.Flag(value) == true },
                "inputRequests" => facts with { Requests = value },
                "requestState" => facts with { State = value },
                _ => facts,
            };
        }

        return facts;
    }
}
