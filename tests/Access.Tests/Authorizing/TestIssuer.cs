using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Toolgate.Access.Tests;

/// <summary>An issuer that signs by hand, so that no library agrees with itself; honest unless a test changes something.</summary>
internal sealed class TestIssuer(DateTimeOffset now) : IDisposable
{
    public const string Issuer = "https://issuer.example/tenant";

    private readonly RSA rsa = RSA.Create(2048);
    private readonly ECDsa curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string KeyId { get; init; } = "key-1";

    public JsonObject Header(string algorithm = "RS256") => new() { ["alg"] = algorithm, ["typ"] = "at+jwt", ["kid"] = KeyId };

    public JsonObject Claims(string audience) => new()
    {
        ["iss"] = Issuer, ["sub"] = "sub-1", ["aud"] = audience, ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds(), ["iat"] = now.ToUnixTimeSeconds(), ["client_id"] = "client",
        ["scope"] = "openid mcp", ["email"] = "ada@example.com", ["email_verified"] = true,
    };

    public string KeySet()
    {
        var parameters = rsa.ExportParameters(false);
        var point = curve.ExportParameters(false).Q;
        return JsonSerializer.Serialize(new
        {
            keys = new object[]
            {
                new { kty = "RSA", use = "sig", kid = KeyId, n = Text(parameters.Modulus!), e = Text(parameters.Exponent!) },
                new { kty = "EC", use = "sig", kid = KeyId + "-ec", crv = "P-256", x = Text(point.X!), y = Text(point.Y!) },
            },
        });
    }

    public string Sign(JsonObject claims, JsonObject? header = null)
    {
        header ??= Header();
        var head = Text(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + Text(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var bytes = Encoding.ASCII.GetBytes(head);
        return head + "." + (string?)header["alg"] switch
        {
            "none" => "",
            "HS256" => Text(HMACSHA256.HashData(Encoding.ASCII.GetBytes(KeySet()), bytes)),
            "ES256" => Text(curve.SignData(bytes, HashAlgorithmName.SHA256)),
            "PS256" => Text(rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
            _ => Text(rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
        };
    }

    public void Dispose()
    {
        rsa.Dispose();
        curve.Dispose();
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
