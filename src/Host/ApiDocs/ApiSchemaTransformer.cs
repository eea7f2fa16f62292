using System.Runtime.CompilerServices;
using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Toolgate.Rest;

namespace Toolgate.Host;

/// <summary>
/// Says which members of a body are required: those that the command's own validator refuses to miss. The generator cannot know: commands take
/// every member as optional, so that a missing one gets a fault with a pointer instead of a parse error.
/// </summary>
internal sealed class ApiSchemaTransformer : IOpenApiSchemaTransformer
{
    /// <inheritdoc/>
    public async Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type.GetCustomAttributes(inherit: false).OfType<TextOrAttribute>().FirstOrDefault() is { Other: var other })
        {
            // A converter of its own tells the generator nothing.
            schema.AnyOf = [new OpenApiSchema { Type = JsonSchemaType.String }, await context.GetOrCreateSchemaAsync(other, parameterDescription: null, cancellationToken)];
            return;
        }

        if (schema.Properties is not { Count: > 0 } properties || context.JsonPropertyInfo is not null)
        {
            return;
        }

        var required = schema.Required ??= new HashSet<string>(StringComparer.Ordinal);
        required.ExceptWith(properties.Where(member => MayBeNull(member.Value)).Select(member => member.Key).ToArray());
        foreach (var name in Missed(context.JsonTypeInfo.Type, context.ApplicationServices).Where(properties.ContainsKey))
        {
            required.Add(name);
            if (properties[name] is OpenApiSchema { Type: { } type } member)
            {
                member.Type = type & ~JsonSchemaType.Null;
            }
        }
    }

    /// <summary>The members that the validator of a command complains about when everything is missing.</summary>
    private static string[] Missed(Type command, IServiceProvider services)
        => services.GetService(typeof(IValidator<>).MakeGenericType(command)) is IValidator validator
            ? validator.Validate(new ValidationContext<object>(RuntimeHelpers.GetUninitializedObject(command))).Errors
                .Select(fault => JsonNamingPolicy.CamelCase.ConvertName(fault.PropertyName)).Distinct().ToArray()
            : [];

    private static bool MayBeNull(IOpenApiSchema schema)
        => schema.Type is { } type && type.HasFlag(JsonSchemaType.Null) || (schema.OneOf ?? schema.AnyOf)?.Any(MayBeNull) == true;
}
