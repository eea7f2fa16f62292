namespace Toolgate.Rest;

/// <summary>Says that a type which reads JSON by a converter of its own is a text or the object that the API's description should show.</summary>
public abstract class TextOrAttribute : Attribute
{
    private protected TextOrAttribute(Type other) => Other = other;

    /// <summary>What stands there instead of a text.</summary>
    public Type Other { get; }
}

/// <inheritdoc/>
/// <typeparam name="TOther">What stands there instead of a text.</typeparam>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TextOrAttribute<TOther>() : TextOrAttribute(typeof(TOther));
