using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Toolgate.Fixture;

/// <summary>
/// Signs the <c>requestState</c> of 2026-07-28, which comes back from outside: bound to the request it was made for, and useless
/// after a restart.
/// </summary>
internal sealed class StateSeal
{
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    public string Seal(JsonObject parameters, JsonObject answers)
    {
        var state = new JsonObject
        {
            ["request"] = Digest(parameters),
            ["answers"] = answers.DeepClone(),
            // Two rounds never carry the same state, even with the same answers.
            ["nonce"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
        };
        var body = Encoding.UTF8.GetBytes(state.ToJsonString());
        return $"{Base64Url.EncodeToString(body)}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, body))}";
    }

    /// <summary>The answers in a state.</summary>
    /// <exception cref="RpcException">The state is not ours, was changed, or belongs to another request.</exception>
    public JsonObject Open(string state, JsonObject parameters)
    {
        if (state.Split('.') is [var body, var mac] && TryDecode(body) is { } bytes && TryDecode(mac) is { } signature
            && CryptographicOperations.FixedTimeEquals(signature, HMACSHA256.HashData(key, bytes))
            && Rpc.TryParse(Encoding.UTF8.GetString(bytes)) is { } opened
            && Rpc.Text(opened["request"]) == Digest(parameters))
        {
            return opened["answers"]!.DeepClone().AsObject();
        }

        throw new RpcException(RpcException.InvalidParams, "requestState is not valid for this request");
    }

    private static string Digest(JsonObject parameters)
    {
        var request = $"{parameters["name"]?.ToJsonString()}|{parameters["uri"]?.ToJsonString()}|{parameters["arguments"]?.ToJsonString() ?? "{}"}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)));
    }

    private static byte[]? TryDecode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
