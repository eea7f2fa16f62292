namespace Toolgate.Connections;

/// <summary>What the styles share.</summary>
internal static class ParameterStyles
{
    /// <summary>The style of a <c>collectionFormat</c> of Swagger 2.0 that OpenAPI 3 has no word for in every place; nothing for another word.</summary>
    public static ParameterStyle? OfCollectionFormat(string format) => format switch
    {
        "ssv" => ParameterStyle.SpaceDelimited,
        "tsv" => ParameterStyle.TabDelimited,
        "pipes" => ParameterStyle.PipeDelimited,
        _ => null,
    };

    /// <summary>What stands between the items of one value.</summary>
    public static char Delimiter(ParameterStyle style) => style switch
    {
        ParameterStyle.SpaceDelimited => ' ',
        ParameterStyle.PipeDelimited => '|',
        ParameterStyle.TabDelimited => '\t',
        _ => ',',
    };
}
