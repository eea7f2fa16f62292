namespace Toolgate.Connections;

/// <summary>The stored form of an <see cref="HttpBinding"/>.</summary>
internal static class HttpBindingCodec
{
    /// <summary>Writes it.</summary>
    public static void Write(CatalogWriter output, HttpBinding binding)
    {
        output.Text(binding.Method);
        output.Text(binding.Path);
        output.Text(binding.Accept);
        output.Texts(binding.Servers);
        output.Texts(binding.ReservedQuery);
        output.Number(binding.Parameters.Length);
        foreach (var parameter in binding.Parameters)
        {
            output.Text(parameter.Argument);
            output.Text(parameter.Name);
            output.Byte((byte)parameter.Place);
            output.Byte((byte)parameter.Style);
            output.Flags(parameter.Explode, parameter.AllowReserved, parameter.AsJson);
        }

        output.Flags(binding.Body is not null);
        if (binding.Body is { } body)
        {
            output.Text(body.ContentType);
            output.Byte((byte)body.Format);
            output.Number(body.Fields.Length);
            foreach (var field in body.Fields)
            {
                output.Text(field.Name);
                output.Flags(field.Binary, field.Explode, field.Style is not null);
                output.Byte((byte)(field.Style ?? default));
                output.OptionalText(field.ContentType);
            }
        }
    }

    /// <summary>Reads it.</summary>
    public static HttpBinding Read(CatalogReader input) => new()
    {
        Method = input.Text(),
        Path = input.Text(),
        Accept = input.Text(),
        Servers = input.Texts(),
        ReservedQuery = input.Texts(),
        Parameters = input.Many(static input =>
        {
            var (argument, name) = (input.Text(), input.Text());
            var (place, style, flags) = ((ParameterPlace)input.Byte(), (ParameterStyle)input.Byte(), input.Byte());
            return new HttpParameter(argument, name, place, style, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
        }),
        Body = input.Byte() == 0 ? null : new HttpBody(input.Text(), (BodyFormat)input.Byte(), input.Many(static input =>
        {
            var name = input.Text();
            var flags = input.Byte();
            var style = (ParameterStyle)input.Byte();
            return new BodyField(name, (flags & 1) != 0, (flags & 4) != 0 ? style : null, (flags & 2) != 0, input.OptionalText());
        })),
    };
}
